import type { Duplex } from 'node:stream'
import type pg from 'pg'
import { DatabaseUnavailable } from './faults.ts'

/** Runs on every new connection before its first use. A rejection destroys the connection. */
export type ConnectHook = (client: pg.ClientBase) => Promise<void>

/**
 * Bounds `hook` by `timeoutMs`. The driver closes a refused connection only after its last answer, which a
 * silent server never sends; so the socket is destroyed instead.
 */
export function boundedHook(hook: ConnectHook, timeoutMs: number): ConnectHook {
  return async (client) => {
    const late = Promise.withResolvers<never>()
    const timer = setTimeout(() => late.reject(new DatabaseUnavailable()), timeoutMs)
    try {
      await Promise.race([hook(client), late.promise])
    } catch (error) {
      streamOf(client).destroy()
      throw error
    } finally {
      clearTimeout(timer)
    }
  }
}

/** The socket of a connection or its substitute. The driver's types do not declare it. */
export function streamOf(client: pg.ClientBase): Duplex {
  return (client as unknown as { readonly connection: { readonly stream: Duplex } }).connection.stream
}
