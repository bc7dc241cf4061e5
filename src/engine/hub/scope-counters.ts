import type { ScopeId } from '../kernel/scope-id.ts'

/** The counters of one scope. Deliveries update them directly, without a lookup. */
export interface ScopeCounters {
  subscriptions: number
  deliveries: number
}

/** The counters of all scopes with at least one subscription. */
export interface CountedScopes {
  /** For subscriptions without a scope. */
  readonly unscoped: ScopeCounters
  /** Call when a subscription begins; call `leave` once when it ends. */
  enter(scope: ScopeId | undefined): { readonly counters: ScopeCounters; readonly leave: () => void }
  entries(): Iterable<readonly [ScopeId, ScopeCounters]>
}

export function createCountedScopes(): CountedScopes {
  const scopes = new Map<ScopeId, ScopeCounters>()
  const unscoped: ScopeCounters = { subscriptions: 0, deliveries: 0 }
  return {
    unscoped,
    enter(scope) {
      if (scope === undefined) return { counters: unscoped, leave: () => {} }
      const counters = scopes.get(scope) ?? { subscriptions: 0, deliveries: 0 }
      scopes.set(scope, counters)
      counters.subscriptions += 1
      return {
        counters,
        leave() {
          counters.subscriptions -= 1
          if (counters.subscriptions === 0) scopes.delete(scope)
        },
      }
    },
    entries: () => scopes.entries(),
  }
}
