import type { GraphQLFormattedError } from 'graphql'

/** The error that ended an operation. */
export class RostrumError extends Error {
  override readonly name = 'RostrumError'
  /**
   * The server's code (`FORBIDDEN`, `NOT_FOUND`, `UNAUTHENTICATED` …), or one of the kit's: `CONNECTION_CLOSED` (for good, see
   * `closeCode`), `OUTCOME_UNKNOWN` (a mutation was sent, and the connection was lost before its answer), `DISPOSED`.
   */
  readonly code: string
  /** The server's errors; empty if it sent none. */
  readonly errors: readonly GraphQLFormattedError[]
  /** Close code of the WebSocket, if its closing ended the operation. */
  readonly closeCode: number | undefined
  /** Delay that the server asked for, if any. */
  readonly retryAfterMs: number | undefined

  constructor(
    code: string,
    message: string,
    details: { readonly errors?: readonly GraphQLFormattedError[]; readonly closeCode?: number } = {},
  ) {
    super(message)
    this.code = code
    this.errors = details.errors ?? []
    this.closeCode = details.closeCode
    const retryAfterMs = this.errors[0]?.extensions?.['retryAfterMs']
    this.retryAfterMs = typeof retryAfterMs === 'number' ? retryAfterMs : undefined
  }
}

/** Converts what graphql-ws passes to `error`: GraphQL errors, a close event, or a thrown value. */
export function errorFrom(reason: unknown): RostrumError {
  if (reason instanceof RostrumError) return reason
  if (isErrors(reason)) {
    const [first] = reason
    const code = first?.extensions?.['code']
    const message = reason.map((error) => error.message).join('\n')
    return new RostrumError(typeof code === 'string' ? code : 'UNKNOWN', message, { errors: reason })
  }
  if (isClose(reason)) {
    const why = reason.reason === '' ? `with ${reason.code}` : `with ${reason.code}: ${reason.reason}`
    return new RostrumError('CONNECTION_CLOSED', `The connection was closed ${why}`, {
      closeCode: reason.code,
    })
  }
  const message = reason instanceof Error ? reason.message : 'The connection failed'
  return new RostrumError('CONNECTION_CLOSED', message)
}

function isErrors(reason: unknown): reason is readonly GraphQLFormattedError[] {
  return Array.isArray(reason)
}

export interface Close {
  readonly code: number
  readonly reason: string
}

export function isClose(event: unknown): event is Close {
  return typeof event === 'object' && event !== null && 'code' in event && 'reason' in event
}
