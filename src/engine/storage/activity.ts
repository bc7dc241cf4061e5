/** What connections are for: each purpose has its own, so that none starves another. */
export const PURPOSES = ['control', 'commands', 'reads'] as const
export type Purpose = (typeof PURPOSES)[number]

/** What the connections show of the database, as far as statements run. */
export interface DatabaseActivity {
  /** The connections to the database, and how many of them do nothing: right now. */
  connections(): { readonly total: number; readonly idle: number }
  /** Statements and transactions that wait for a connection. */
  waiting(): Readonly<Record<Purpose, number>>
  /** How long a connection for commands has not answered a statement that is in flight; 0 while all do. */
  silentMs(): number
  /** Whether any connection for commands answered within the last `ms`. */
  commandsAnsweredWithin(ms: number): boolean
  /** Whether any connection answered within the last `ms`. */
  answeredWithin(ms: number): boolean
  /** Connections that were destroyed because they did not answer, since the start. */
  destroyed(): number
  /** When a write last found the disk full, by `performance.now()`; undefined if none ever did. */
  diskFullAt(): number | undefined
}
