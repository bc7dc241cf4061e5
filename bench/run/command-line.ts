import { parseArgs } from 'node:util'

/** What `npm run bench -- …` was asked for. */
export interface Wanted {
  /** Empty: all. */
  readonly scenarios: readonly string[]
  /** Undefined: all that a scenario has. */
  readonly systems: readonly string[] | undefined
  readonly isQuick: boolean
  readonly isProfiled: boolean
  readonly rounds: number
}

const USUAL_ROUNDS = 5
const QUICK_ROUNDS = 1

function countOf(text: string): number {
  const count = Number(text)
  if (!Number.isSafeInteger(count) || count < 1) throw new Error(`--rounds is no count: ${text}`)
  return count
}

function refuseUnknown(what: string, words: readonly string[], known: readonly string[]): void {
  const unknown = words.filter((word) => !known.includes(word))
  if (unknown.length > 0)
    throw new Error(`unknown ${what}: ${unknown.join(', ')}; there are ${known.join(', ')}`)
}

/** Throws, saying what there is, where something is named that is not there. */
export function readCommandLine(
  words: readonly string[],
  known: { readonly scenarios: readonly string[]; readonly systems: readonly string[] },
): Wanted {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      systems: { type: 'string' },
      quick: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      rounds: { type: 'string' },
    },
  })
  const systems = values.systems?.split(',')
  refuseUnknown('scenario', positionals, known.scenarios)
  refuseUnknown('system', systems ?? [], known.systems)
  const usual = values.quick ? QUICK_ROUNDS : USUAL_ROUNDS
  return {
    scenarios: positionals,
    systems,
    isQuick: values.quick,
    isProfiled: values.profile,
    rounds: values.rounds === undefined ? usual : countOf(values.rounds),
  }
}

/** `list` begun at another place each round, so that nobody is always first. */
export function rotated<Item>(list: readonly Item[], round: number): readonly Item[] {
  const start = list.length === 0 ? 0 : round % list.length
  return [...list.slice(start), ...list.slice(0, start)]
}
