import { AsyncLocalStorage } from 'node:async_hooks'

/** What every line that is logged on behalf of one request or connection carries. */
export type LogScope = { readonly requestId: string } | { readonly connectionId: string }

const scopes = new AsyncLocalStorage<LogScope>()

/** Runs `work`; what it logs, also later and in what it calls, carries `scope`. */
export function withLogScope<Result>(scope: LogScope, work: () => Result): Result {
  return scopes.run(scope, work)
}

/** The scope of the line that is being logged; empty outside any. */
export function currentLogScope(): object {
  return { ...scopes.getStore() }
}
