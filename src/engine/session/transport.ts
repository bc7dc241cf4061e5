/** Why the server ends a session. */
export type EndingKind =
  /** The token has expired. */
  | 'expired'
  /** The user was revoked. */
  | 'revoked'
  /** The user, the address or the node has too many connections. */
  | 'too-many-connections'
  /** The client keeps retrying refused operations instead of waiting. */
  | 'too-many-refusals'
  /** The client should reconnect, to this node or another one. */
  | 'restart'

export interface Ending {
  readonly kind: EndingKind
  /** A sentence for people. */
  readonly reason: string
}

/** How a session reaches its client. A transport sends, closes and reports what arrives; the session decides. */
export interface Transport {
  /** Sends the client the reason, then closes without sending anything else. Called at most once. */
  end(ending: Ending): void
}
