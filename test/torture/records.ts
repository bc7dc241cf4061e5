import { appendFileSync, readFileSync } from 'node:fs'

/** One command as its publisher saw it: written when it is known how it ended, or when the publisher gave up. */
export interface Attempted {
  readonly key: string
  readonly topic: string
  /** What an entry of this command says of itself: see `effectOf`. */
  readonly effect: string
  /** Requests that went out, each with the same key. */
  readonly attempts: number
  /** All that was answered, in order: a retry that asks once more adds one. */
  readonly answers: readonly Answer[]
  /** When the first request went out, and when the last answer came or the publisher gave up. */
  readonly beganMs: number
  readonly endedMs: number
}

export type Answer =
  | { readonly kind: 'accepted'; readonly offset: number; readonly id: string }
  | { readonly kind: 'rejected'; readonly code: string }

/** An entry as the database holds it. */
export interface Stored {
  readonly topic: string
  readonly epoch: number
  readonly offset: number
  readonly atMs: number
  readonly effect: string | null
}

/** How far a topic's history reaches. */
export interface Reach {
  readonly topic: string
  readonly epoch: number
  readonly head: number
  /** Entries up to and including this offset are forgotten. */
  readonly floor: number
}

/** One payload as a client got it. */
export interface Seen {
  /** One subscription over all its connections. */
  readonly subscription: string
  readonly topic: string
  readonly kind: 'snapshot' | 'entry'
  readonly epoch: number
  readonly offset: number
  readonly isReset: boolean
  readonly atMs: number
  /** What the entry says of itself: see `effectOf`. Of a snapshot null. */
  readonly effect: string | null
}

/** From `fromMs` on a subscription had no right to what was written, and from `closedMs` on, to anything. */
export interface Barred {
  readonly subscription: string
  readonly fromMs: number
  readonly closedMs: number
}

/**
 * The database was replaced by one that lacks a tail: a promoted replica, a backup. What was committed before `fromMs` it has;
 * what was answered between the two it may lack; from `untilMs` on only the new one is in service.
 */
export interface Replaced {
  readonly fromMs: number
  readonly untilMs: number
  /** Whether it lacks anything for sure: then every reader must be told of a reset. */
  readonly lacksTail: boolean
}

/** The three records, who lost the right to see, and when the history was replaced. */
export interface Records {
  readonly attempted: readonly Attempted[]
  readonly stored: readonly Stored[]
  readonly reaches: readonly Reach[]
  readonly seen: readonly Seen[]
  readonly barred: readonly Barred[]
  readonly replaced: readonly Replaced[]
}

/** A log of one kind of line; each is on its way to the disk when `log` returns, so that a kill loses none. */
export function appendTo<Line extends object>(file: string): (line: Line) => void {
  return (line) => appendFileSync(file, `${JSON.stringify(line)}\n`)
}

export function readLines<Line>(file: string): readonly Line[] {
  const lines = readFileSync(file, 'utf8').split('\n')
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Line)
}
