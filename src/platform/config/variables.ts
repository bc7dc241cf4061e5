interface Range {
  readonly min: number
  readonly max?: number
}

/** Reads variables by name, and collects their problems. */
export interface Variables {
  /** The value verbatim, or undefined if unset. An empty or blank value counts as unset. */
  readonly text: (name: string) => string | undefined
  readonly wholeNumber: (name: string, fallback: number, range: Range) => number
  /** Verbatim: other libraries read NODE_ENV too, and all must agree on what production is. */
  readonly choice: <Choice extends string>(
    name: string,
    fallback: Choice,
    choices: readonly Choice[],
  ) => Choice
  readonly flag: (name: string, fallback: boolean) => boolean
  /** A URL with one of `protocols`, verbatim. Its value is never part of a problem: URLs may contain passwords. */
  readonly address: (name: string, protocols: readonly string[]) => string | undefined
  readonly refuse: (name: string, wrong: string, expected: string) => void
  /** At most one line per variable, in the order of reading. */
  readonly problems: () => readonly string[]
}

const MAX_SHOWN = 40
/** Matches a comma in the authority, after the password. */
const SEVERAL_HOSTS = /^[a-z]+:\/\/([^/?#]*@)?[^/?#@]*,/i

const FLAGS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['on', true],
  ['1', true],
  ['false', false],
  ['off', false],
  ['0', false],
])

function quote(value: string): string {
  return JSON.stringify(value.length > MAX_SHOWN ? `${value.slice(0, MAX_SHOWN)}…` : value)
}

function describeRange({ min, max }: Range): string {
  return max === undefined ? `a whole number of at least ${min}` : `a whole number from ${min} to ${max}`
}

/** An invalid variable reads as its fallback, so that one start reports every mistake. */
export function createVariables(env: Readonly<Record<string, string | undefined>>): Variables {
  const problems = new Map<string, string>()

  function refuse(name: string, wrong: string, expected: string): void {
    if (!problems.has(name)) problems.set(name, `${name}: ${wrong}; expected ${expected}`)
  }

  function text(name: string): string | undefined {
    const value = env[name]
    return value === undefined || value.trim() === '' ? undefined : value
  }

  function wholeNumber(name: string, fallback: number, range: Range): number {
    const value = text(name)?.trim()
    if (value === undefined) return fallback
    const number = Number(value)
    if (!/^-?\d+$/.test(value)) {
      refuse(name, `${quote(value)} is not a whole number`, describeRange(range))
    } else if (number < range.min) {
      refuse(name, `${quote(value)} is too small`, describeRange(range))
    } else if (number > (range.max ?? Number.MAX_SAFE_INTEGER)) {
      refuse(name, `${quote(value)} is too large`, describeRange(range))
    } else {
      return number
    }
    return fallback
  }

  function choice<Choice extends string>(name: string, fallback: Choice, choices: readonly Choice[]): Choice {
    const value = text(name)
    if (value === undefined) return fallback
    const chosen = choices.find((candidate) => candidate === value)
    if (chosen === undefined) refuse(name, `${quote(value)} is unknown`, `one of ${choices.join(', ')}`)
    return chosen ?? fallback
  }

  function flag(name: string, fallback: boolean): boolean {
    const value = text(name)?.trim()
    if (value === undefined) return fallback
    const chosen = FLAGS.get(value.toLowerCase())
    if (chosen === undefined) refuse(name, `${quote(value)} is neither yes nor no`, 'true or false')
    return chosen ?? fallback
  }

  function address(name: string, protocols: readonly string[]): string | undefined {
    const value = text(name)?.trim()
    if (value === undefined) return undefined
    const expected = `an address that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`
    if (SEVERAL_HOSTS.test(value)) {
      refuse(
        name,
        'names several hosts',
        `${expected} and names one host, such as one that leads to the primary`,
      )
      return undefined
    }
    if (!URL.canParse(value)) {
      refuse(name, 'not an address (percent-encode special characters in a password)', expected)
      return undefined
    }
    if (protocols.includes(new URL(value).protocol)) return value
    refuse(name, 'has the wrong protocol', expected)
    return undefined
  }

  return { text, wholeNumber, choice, flag, address, refuse, problems: () => [...problems.values()] }
}
