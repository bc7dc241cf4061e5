import type { Attempted, Reach, Records, Replaced, Stored } from './records.ts'
import { followOne, placeOf, type View } from './view.ts'

/** Each of these is a broken promise: all must be 0. */
export interface Breaches {
  /** Accepted, but not in the database. */
  readonly lost: number
  /** In the database, but never seen by a subscriber entitled to it, who was told of no reset. */
  readonly unseen: number
  /** Seen twice by one subscriber. */
  readonly repeated: number
  /** Seen after something later. */
  readonly disordered: number
  /** Seen, though written or delivered when the subscriber had no right to it any more. */
  readonly unentitled: number
  /** Commands that came to anything but the 0 or 1 effect that their last answer says, or to unlike answers. */
  readonly ambiguous: number
  /** Seen, but not in the database. */
  readonly invented: number
  /** Offsets that no entry of the database has, between others that it holds. */
  readonly skipped: number
  /** Subscriptions under which the history was replaced, and that were told of no reset. */
  readonly untold: number
}

export interface CheckResult {
  readonly breaches: Breaches
  /** From an entry's commit until the last client had it; null where there was none to measure. */
  readonly delayMs: { readonly p50: number; readonly p99: number; readonly max: number } | null
  readonly resets: number
  /** What was looked at: a run that compared nothing has shown nothing. */
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

/** Whether a command was under way, or answered, while a tail was written that is gone. */
function wasReplaced({ beganMs, endedMs }: Attempted, replaced: readonly Replaced[]): boolean {
  return replaced.some(({ fromMs, untilMs }) => beganMs <= untilMs && endedMs >= fromMs)
}

/** It may have been accepted in the lost tail, and once more afterwards; but never have two effects in what is left. */
function judgeReplaced(effects: readonly Stored[]): Verdict {
  return effects.length <= 1 ? 'right' : 'ambiguous'
}

/** Effects that retention has forgotten can't be counted: such a command is taken for right. */
function judge({ answers }: Attempted, effects: readonly Stored[], reach: Reach | undefined): Verdict {
  const floor = reach?.floor ?? 0
  const last = answers.at(-1)
  if (answers.some((answer) => JSON.stringify(answer) !== JSON.stringify(last))) return 'ambiguous'
  if (last === undefined) return effects.length <= 1 ? 'right' : 'ambiguous'
  if (last.kind === 'rejected') return effects.length === 0 ? 'right' : 'ambiguous'
  if (last.offset <= floor) return effects.length <= 1 ? 'right' : 'ambiguous'
  const [effect] = effects
  if (effect === undefined) return 'lost'
  // A cursor may lie after the entry itself, where one command wrote several.
  return effects.length === 1 && effect.offset <= last.offset ? 'right' : 'ambiguous'
}

function skippedIn(byTopic: ReadonlyMap<string, readonly Stored[]>, reaches: readonly Reach[]): number {
  const missing = reaches.map(({ topic, head, floor }) => {
    const offsets = new Set((byTopic.get(topic) ?? []).map(({ offset }) => offset))
    return head - floor - [...offsets].filter((offset) => offset > floor && offset <= head).length
  })
  return missing.reduce((sum, count) => sum + count, 0)
}

/** For each entry the delay of the last client that had it. */
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
