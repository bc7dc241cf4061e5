/** Why the server ends a session. */
export type EndingKind =
  /** The token has expired. */
  | 'expired'
  /** The user was revoked. */
  | 'revoked'
  /** The user, the address or the node has too many connections. */
  | 'too-many-connections'
  /** The client repeats what was refused instead of waiting. */
  | 'too-many-refusals'
  /** Everything is available again after a reconnect, here or at another node. */
  | 'restart'

export interface Ending {
  readonly kind: EndingKind
  /** A sentence for people. */
  readonly reason: string
}

/** How a session reaches its client. A transport sends, closes and reports what arrives; the session decides. */
export interface Transport {
  /** Tells the client why, sends nothing after that, and closes. Called once at most. */
  end(ending: Ending): void
}
