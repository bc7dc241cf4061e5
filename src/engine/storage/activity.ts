/** The purposes of connections. Each has its own connections, so that none starves another. */
export const PURPOSES = ['control', 'commands', 'reads'] as const
export type Purpose = (typeof PURPOSES)[number]

/** The state of the database as observed through its connections while statements run. */
export interface DatabaseActivity {
  /** Current number of connections to the database, and how many of them are idle. */
  connections(): { readonly total: number; readonly idle: number }
  /** Number of statements and transactions that wait for a connection. */
  waiting(): Readonly<Record<Purpose, number>>
  /** Longest time that a command connection has left a statement in flight unanswered; 0 if none has. */
  silentMs(): number
  /** Whether any command connection answered within the last `ms`. */
  commandsAnsweredWithin(ms: number): boolean
  /** Whether any connection answered within the last `ms`. */
  answeredWithin(ms: number): boolean
  /** Number of connections destroyed since the start because they did not answer. */
  destroyed(): number
  /** When a write last found the disk full, by `performance.now()`; undefined if none ever did. */
  diskFullAt(): number | undefined
}
