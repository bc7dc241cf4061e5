/** The signed-in user, as reported by the server. */
export interface ConnectedUser {
  readonly id: string
  readonly name: string
  readonly roles: readonly string[]
}

/** The state of a client's connection. */
export type Connection =
  /** No operation needs a connection. */
  | { readonly kind: 'idle' }
  /** Connecting for the first time. */
  | { readonly kind: 'connecting' }
  | {
      readonly kind: 'connected'
      readonly connectionId: string
      readonly node: string
      /** Null for a visitor. */
      readonly user: ConnectedUser | null
      /** Entries received since reconnecting that were written while disconnected. 0 on the first connection. */
      readonly recovered: number
    }
  /** The connection was lost; the client retries until it succeeds. */
  | {
      readonly kind: 'reconnecting'
      /** Attempts since the loss: 0, 1, 2 … */
      readonly attempt: number
      /** When the next attempt starts, by this device's clock, in ms since the epoch; null while it runs. */
      readonly attemptAt: number | null
      /** The server's close code, if it sent one. */
      readonly closeCode: number | null
    }
  /** Closed for a reason that retrying cannot fix. The next operation connects again. */
  | { readonly kind: 'closed'; readonly closeCode: number; readonly reason: string }

/** The payload of `connection_ack`. */
export interface Acknowledgement {
  readonly connectionId: string
  readonly node: string
  readonly user: ConnectedUser | null
  /** In milliseconds since the epoch; undefined for a visitor. */
  readonly expiresAt: number | undefined
  readonly serverTime: number
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** Missing fields get neutral defaults, for servers that send fewer. */
export function acknowledgementFrom(payload: unknown): Acknowledgement {
  const { connectionId, node, user, expiresAt, serverTime } = isRecord(payload) ? payload : {}
  return {
    connectionId: textOf(connectionId),
    node: textOf(node),
    user: isRecord(user) ? userFrom(user) : null,
    expiresAt: typeof expiresAt === 'string' ? Date.parse(expiresAt) : undefined,
    serverTime: Date.parse(textOf(serverTime)),
  }
}

function userFrom({ id, name, roles }: Readonly<Record<string, unknown>>): ConnectedUser {
  return {
    id: textOf(id),
    name: textOf(name),
    roles: Array.isArray(roles) ? roles.filter((role) => typeof role === 'string') : [],
  }
}
