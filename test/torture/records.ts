import { appendFileSync, readFileSync } from 'node:fs'

/** One command as its publisher saw it: written once the outcome is known, or the publisher gave up. */
export interface Attempted {
  readonly key: string
  readonly topic: string
  /** The identity of this command's entry: see `effectOf`. */
  readonly effect: string
  /** Number of requests sent with the same key. */
  readonly attempts: number
  /** All answers, in order: each further retry adds one. */
  readonly answers: readonly Answer[]
  /** When the first request was sent, and when the last answer arrived or the publisher gave up. */
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

/** The range of a topic's history. */
export interface Reach {
  readonly topic: string
  readonly epoch: number
  readonly head: number
  /** Entries up to and including this offset are trimmed. */
  readonly floor: number
}

/** One payload as received by a client. */
export interface Seen {
  /** One subscription over all its connections. */
  readonly subscription: string
  readonly topic: string
  readonly kind: 'snapshot' | 'entry'
  readonly epoch: number
  readonly offset: number
  readonly isReset: boolean
  readonly atMs: number
  /** The identity of the entry: see `effectOf`. Null for a snapshot. */
  readonly effect: string | null
}

/** From `fromMs` a subscription had no right to newly written entries, and from `closedMs` to anything. */
export interface Barred {
  readonly subscription: string
  readonly fromMs: number
  readonly closedMs: number
}

/**
 * The database was replaced by one that lacks a tail: a promoted replica, a backup. It has what was committed before
 * `fromMs`; it may lack what was answered between the two; from `untilMs` on only the new one is in service.
 */
export interface Replaced {
  readonly fromMs: number
  readonly untilMs: number
  /** Whether it certainly lacks something: then every reader must get a reset. */
  readonly lacksTail: boolean
}

/** The three logs, the lost rights, and the replacements of the history. */
export interface Records {
  readonly attempted: readonly Attempted[]
  readonly stored: readonly Stored[]
  readonly reaches: readonly Reach[]
  readonly seen: readonly Seen[]
  readonly barred: readonly Barred[]
  readonly replaced: readonly Replaced[]
}

/** A log of one kind of line; each is handed to the kernel when `log` returns, so that a kill loses none. */
export function appendTo<Line extends object>(file: string): (line: Line) => void {
  return (line) => appendFileSync(file, `${JSON.stringify(line)}\n`)
}

export function readLines<Line>(file: string): readonly Line[] {
  const lines = readFileSync(file, 'utf8').split('\n')
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Line)
}
