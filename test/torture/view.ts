import type { Barred, Reach, Replaced, Seen, Stored } from './records.ts'

/** The breaches, resets and delays of one subscription. */
export interface View {
  readonly unseen: number
  readonly repeated: number
  readonly disordered: number
  readonly unentitled: number
  readonly invented: number
  readonly untold: number
  readonly resets: number
  /** By position: the delay until this subscription first had it. */
  readonly delays: ReadonlyMap<string, number>
}

/** The content and events of the database, by topic and position. */
export interface Held {
  readonly byTopic: ReadonlyMap<string, readonly Stored[]>
  readonly byPlace: ReadonlyMap<string, Stored>
  readonly reaches: ReadonlyMap<string, Reach>
  readonly bars: ReadonlyMap<string, Barred>
  readonly replaced: readonly Replaced[]
}

export function placeOf({ topic, epoch, offset }: Pick<Stored, 'topic' | 'epoch' | 'offset'>): string {
  return `${topic} ${epoch} ${offset}`
}

/** Processes the payloads of one subscription, in order of receipt. */
export function followOne(payloads: readonly Seen[], held: Held): View {
  const [first] = payloads
  const follower = createFollower(first, held)
  for (const payload of payloads) follower.take(payload)
  return follower.finish(payloads)
}

/** A position may have two contents: one of the lost history, and one of the history that replaced it. */
function contentOf(entry: Pick<Stored, 'topic' | 'epoch' | 'offset' | 'effect'>): string {
  return `${placeOf(entry)} ${entry.effect ?? ''}`
}

function createFollower(first: Seen | undefined, { byTopic, byPlace, reaches, bars, replaced }: Held) {
  const reach = reaches.get(first?.topic ?? '')
  const bar = bars.get(first?.subscription ?? '')
  const delays = new Map<string, number>()
  const counts = { unseen: 0, repeated: 0, disordered: 0, unentitled: 0, invented: 0, resets: 0 }
  /** What it received since the last snapshot that started a history. */
  let got = new Set<string>()
  let contents = new Set<string>()
  /** What a first snapshot or a reset covers. */
  let excused = 0
  let last = 0
  let epoch: number | undefined

  function takeReset({ offset }: Seen): void {
    counts.resets += 1
    if (replaced.length === 0) return
    // A lost tail was seen, but is no longer in the database, as the reset says. What follows is compared afresh.
    counts.invented = 0
    excused = 0
    got = new Set()
    contents = new Set()
    last = offset
  }

  function takeSnapshot(payload: Seen): void {
    // Only the first snapshot and resets replace entries.
    if (epoch === undefined || payload.isReset) excused = Math.max(excused, payload.offset)
    last = payload.isReset ? payload.offset : Math.max(last, payload.offset)
    epoch = payload.epoch
  }

  function takeEntry(payload: Seen): void {
    epoch ??= payload.epoch
    const place = placeOf(payload)
    if (got.has(place)) {
      counts.repeated += 1
      return
    }
    got.add(place)
    contents.add(contentOf(payload))
    if (payload.offset < last) counts.disordered += 1
    last = Math.max(last, payload.offset)
    const entry = byPlace.get(place)
    if (entry === undefined || entry.effect !== payload.effect) {
      if (payload.offset > (reach?.floor ?? 0)) counts.invented += 1
      return
    }
    const isLate = payload.atMs > (bar?.closedMs ?? Number.POSITIVE_INFINITY)
    if (bar !== undefined && entry.atMs > bar.fromMs && !isLate) counts.unentitled += 1
    delays.set(place, payload.atMs - entry.atMs)
  }

  return {
    take(payload: Seen): void {
      if (payload.isReset) takeReset(payload)
      if (bar !== undefined && payload.atMs > bar.closedMs) counts.unentitled += 1
      if (payload.kind === 'snapshot') takeSnapshot(payload)
      else takeEntry(payload)
    },
    finish(payloads: readonly Seen[]): View {
      // Entries written just before the right ended may have been in flight: only subscribers that were never barred
      // must have all.
      const due = bar === undefined && first !== undefined ? (byTopic.get(first.topic) ?? []) : []
      const missing = due.filter((entry) => entry.offset > excused && !contents.has(contentOf(entry)))
      return { ...counts, unseen: missing.length, untold: untoldOf(payloads, replaced), delays }
    },
  }
}

/** The number of replacements for which a subscription got no reset before the next one. */
function untoldOf(payloads: readonly Seen[], replaced: readonly Replaced[]): number {
  const missed = replaced.filter(({ untilMs, lacksTail }, index) => {
    const next = replaced[index + 1]?.untilMs ?? Number.POSITIVE_INFINITY
    const hadSome = payloads.some(({ atMs }) => atMs <= untilMs)
    return (
      lacksTail && hadSome && !payloads.some(({ isReset, atMs }) => isReset && atMs > untilMs && atMs <= next)
    )
  })
  return missed.length
}
