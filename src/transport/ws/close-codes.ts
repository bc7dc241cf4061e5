import { CloseCode } from 'graphql-ws'
import { CLOSE } from './connection.ts'

/** Anyone may close with any code: only those that mean something here are told apart. */
const TOLD_APART: ReadonlySet<number> = new Set([
  ...[1000, 1001, 1002, 1005, 1006, 1007, 1008, 1009, 1011],
  ...Object.values(CLOSE),
  ...Object.values(CloseCode).filter((code) => typeof code === 'number'),
])

/** How connections ended. */
export interface Closings {
  count(code: number): void
  /** Since the start, by code; `other` for those of clients that mean nothing here. */
  readonly counts: ReadonlyMap<string, number>
}

export function createClosings(): Closings {
  const counts = new Map<string, number>()
  return {
    count(code) {
      const name = TOLD_APART.has(code) ? String(code) : 'other'
      counts.set(name, (counts.get(name) ?? 0) + 1)
    },
    counts,
  }
}

/** Everything else that is no frame is 1002. */
const BREACHES: ReadonlyMap<string, number> = new Map([
  ['WS_ERR_INVALID_UTF8', 1007],
  ['WS_ERR_TOO_MANY_BUFFERED_PARTS', 1008],
  ['WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH', 1009],
  ['WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', 1009],
])

/** With which code `ws` closes by itself at `error`; its `close` event doesn't tell. */
export function codeOfBreach(error: Error & { readonly code?: unknown }): number | undefined {
  const { code } = error
  if (typeof code !== 'string' || !code.startsWith('WS_ERR_')) return undefined
  return BREACHES.get(code) ?? 1002
}
