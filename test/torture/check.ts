import type { Attempted, Reach, Records, Replaced, Stored } from './records.ts'
import { followOne, placeOf, type View } from './view.ts'

/** Each of these is a broken promise: all must be 0. */
export interface Breaches {
  /** Accepted, but not in the database. */
  readonly lost: number
  /** In the database, but never seen by an entitled subscriber that got no reset. */
  readonly unseen: number
  /** Seen twice by one subscriber. */
  readonly repeated: number
  /** Seen after something later. */
  readonly disordered: number
  /** Seen, though written or delivered after the subscriber had lost the right to it. */
  readonly unentitled: number
  /** Commands with a different number of effects than their last answer says (0 or 1), or with differing answers. */
  readonly ambiguous: number
  /** Seen, but not in the database. */
  readonly invented: number
  /** Offsets missing in the database between existing ones. */
  readonly skipped: number
  /** Subscriptions whose history was replaced, and that got no reset. */
  readonly untold: number
}

export interface CheckResult {
  readonly breaches: Breaches
  /** From an entry's commit until the last client received it; null if nothing was measured. */
  readonly delayMs: { readonly p50: number; readonly p99: number; readonly max: number } | null
  readonly resets: number
  /** What was compared: a run that compared nothing proves nothing. */
  readonly compared: {
    readonly commands: number
    readonly entries: number
    readonly payloads: number
    readonly subscriptions: number
    /** Commands that needed more than one request. */
    readonly retried: number
  }
}

/** Compares what was accepted, what is stored, and what was seen. */
export function check(records: Records): CheckResult {
  const { attempted, stored, seen } = records
  const reaches = new Map(records.reaches.map((reach) => [reach.topic, reach]))
  const byEffect = Map.groupBy(stored, ({ topic, effect }) => `${topic}\n${effect}`)
  const byPlace = new Map(stored.map((entry) => [placeOf(entry), entry]))
  const byTopic = Map.groupBy(stored, ({ topic }) => topic)
  const bars = new Map(records.barred.map((bar) => [bar.subscription, bar]))
  const replaced = records.replaced.toSorted((one, other) => one.untilMs - other.untilMs)
  const held = { byTopic, byPlace, reaches, bars, replaced }
  const views = [...Map.groupBy(seen, ({ subscription }) => subscription).values()].map((payloads) =>
    followOne(payloads, held),
  )
  const commands = attempted.map((command) => {
    const effects = byEffect.get(`${command.topic}\n${command.effect}`) ?? []
    return wasReplaced(command, replaced)
      ? judgeReplaced(effects)
      : judge(command, effects, reaches.get(command.topic))
  })
  const sum = (of: (view: View) => number): number => views.reduce((total, view) => total + of(view), 0)
  return {
    breaches: {
      lost: commands.filter((verdict) => verdict === 'lost').length,
      ambiguous: commands.filter((verdict) => verdict === 'ambiguous').length,
      unseen: sum(({ unseen }) => unseen),
      repeated: sum(({ repeated }) => repeated),
      disordered: sum(({ disordered }) => disordered),
      unentitled: sum(({ unentitled }) => unentitled),
      invented: sum(({ invented }) => invented),
      skipped: skippedIn(byTopic, records.reaches),
      untold: sum(({ untold }) => untold),
    },
    delayMs: delaysOf(views),
    resets: sum(({ resets }) => resets),
    compared: {
      commands: attempted.length,
      entries: stored.length,
      payloads: seen.length,
      subscriptions: views.length,
      retried: attempted.filter(({ attempts }) => attempts > 1).length,
    },
  }
}

type Verdict = 'right' | 'lost' | 'ambiguous'

/** Whether a command was in flight or answered while the lost tail was written. */
function wasReplaced({ beganMs, endedMs }: Attempted, replaced: readonly Replaced[]): boolean {
  return replaced.some(({ fromMs, untilMs }) => beganMs <= untilMs && endedMs >= fromMs)
}

/**
 * It may have been accepted in the lost tail, and again afterwards; but must not have two effects in the remaining
 * history.
 */
function judgeReplaced(effects: readonly Stored[]): Verdict {
  return effects.length <= 1 ? 'right' : 'ambiguous'
}

/** Trimmed effects cannot be counted: such a command counts as correct. */
function judge({ answers }: Attempted, effects: readonly Stored[], reach: Reach | undefined): Verdict {
  const floor = reach?.floor ?? 0
  const last = answers.at(-1)
  if (answers.some((answer) => JSON.stringify(answer) !== JSON.stringify(last))) return 'ambiguous'
  if (last === undefined) return effects.length <= 1 ? 'right' : 'ambiguous'
  if (last.kind === 'rejected') return effects.length === 0 ? 'right' : 'ambiguous'
  if (last.offset <= floor) return effects.length <= 1 ? 'right' : 'ambiguous'
  const [effect] = effects
  if (effect === undefined) return 'lost'
  // A cursor may be after the entry itself if one command wrote several.
  return effects.length === 1 && effect.offset <= last.offset ? 'right' : 'ambiguous'
}

function skippedIn(byTopic: ReadonlyMap<string, readonly Stored[]>, reaches: readonly Reach[]): number {
  const missing = reaches.map(({ topic, head, floor }) => {
    const offsets = new Set((byTopic.get(topic) ?? []).map(({ offset }) => offset))
    return head - floor - [...offsets].filter((offset) => offset > floor && offset <= head).length
  })
  return missing.reduce((sum, count) => sum + count, 0)
}

/** For each entry, the delay until the last client received it. */
function delaysOf(views: readonly View[]): CheckResult['delayMs'] {
  const slowest = new Map<string, number>()
  for (const { delays } of views) {
    for (const [place, delay] of delays) slowest.set(place, Math.max(delay, slowest.get(place) ?? 0))
  }
  const sorted = [...slowest.values()].sort((a, b) => a - b)
  const max = sorted.at(-1)
  if (max === undefined) return null
  const quantile = (part: number): number => sorted[Math.floor(sorted.length * part)] ?? max
  return { p50: quantile(0.5), p99: quantile(0.99), max }
}

export function breachCount({ breaches }: CheckResult): number {
  return Object.values(breaches).reduce((sum, count) => sum + count, 0)
}
