import { CloseCode } from 'graphql-ws'

/** Close codes in addition to those of the protocol. */
export const CLOSE = {
  revoked: 4401,
  tooManyRefusals: 1008,
  /** Service restart: everything is available again after a reconnect, here or at another node. */
  restart: 1012,
  tryAgainLater: 1013,
  fault: 4500,
  tooSlow: 4901,
  tooManyConnections: 4903,
} as const

/** Clients may close with any code: only known ones are counted separately. */
const COUNTED_APART: ReadonlySet<number> = new Set([
  ...[1000, 1001, 1002, 1005, 1006, 1007, 1008, 1009, 1011],
  ...Object.values(CLOSE),
  ...Object.values(CloseCode).filter((code) => typeof code === 'number'),
])

/** Counts closed connections. */
export interface CloseCounts {
  add(code: number): void
  /** Since the start, by code; `other` for unknown codes. */
  readonly counts: ReadonlyMap<string, number>
}

export function createCloseCounts(): CloseCounts {
  const counts = new Map<string, number>()
  return {
    add(code) {
      const name = COUNTED_APART.has(code) ? String(code) : 'other'
      counts.set(name, (counts.get(name) ?? 0) + 1)
    },
    counts,
  }
}

/** Every other malformed frame is 1002. */
const PROTOCOL_ERRORS: ReadonlyMap<string, number> = new Map([
  ['WS_ERR_INVALID_UTF8', 1007],
  ['WS_ERR_TOO_MANY_BUFFERED_PARTS', 1008],
  ['WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH', 1009],
  ['WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', 1009],
])

/** The code with which `ws` closes by itself on `error`: its `close` event does not report it. */
export function protocolErrorCode(error: Error & { readonly code?: unknown }): number | undefined {
  const { code } = error
  if (typeof code !== 'string' || !code.startsWith('WS_ERR_')) return undefined
  return PROTOCOL_ERRORS.get(code) ?? 1002
}
