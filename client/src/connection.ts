/** Who is signed in, as the server says. */
export interface ConnectedUser {
  readonly id: string
  readonly name: string
  readonly roles: readonly string[]
}

/** What became of the one connection of a client. */
export type Connection =
  /** Nothing asks for one. */
  | { readonly kind: 'idle' }
  /** For the first time. */
  | { readonly kind: 'connecting' }
  | {
      readonly kind: 'connected'
      readonly connectionId: string
      readonly node: string
      /** Null for a visitor. */
      readonly user: ConnectedUser | null
      /** How many entries came since that were written while there was no connection. 0 on the first one. */
      readonly recovered: number
    }
  /** It was lost, and is tried for again until it is there. */
  | {
      readonly kind: 'reconnecting'
      /** 0, 1, 2 … since it was lost. */
      readonly attempt: number
      /** When the attempt is made, by this device's clock, in ms since the epoch; null while it is under way. */
      readonly attemptAt: number | null
      /** Why it was lost, where the server said so. */
      readonly closeCode: number | null
    }
  /** For a reason that another attempt would not mend. The next operation makes one all the same. */
  | { readonly kind: 'closed'; readonly closeCode: number; readonly reason: string }

/** What the server says of itself and of the caller in `connection_ack`. */
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

/** Servers that say less are taken for what they say. */
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
