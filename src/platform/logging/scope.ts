import { AsyncLocalStorage } from 'node:async_hooks'

/** Fields of every line that is logged on behalf of one request or connection. */
export type LogScope = { readonly requestId: string } | { readonly connectionId: string }

const scopes = new AsyncLocalStorage<LogScope>()

/** Runs `work`; everything it logs, directly or asynchronously, carries `scope`. */
export function withLogScope<Result>(scope: LogScope, work: () => Result): Result {
  return scopes.run(scope, work)
}

/** The current scope; empty outside any. */
export function currentLogScope(): object {
  return { ...scopes.getStore() }
}
