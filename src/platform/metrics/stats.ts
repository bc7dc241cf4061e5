import type { Hub } from '../../engine/hub/hub.ts'
import type { ScopeId } from '../../engine/kernel/scope-id.ts'
import type { Presence } from '../../engine/presence/presence.ts'

/** What goes on, of a node or of a room. */
interface Counts {
  readonly connections: number
  /** Those who are signed in, each counted once. */
  readonly users: number
  readonly subscriptions: number
  readonly groups: number
  /** Payloads handed to connections: since the start, of a room since somebody is there without a break. */
  readonly deliveries: number
}

export interface Stats extends Counts {
  /** Those with a subscription to anything in them, but no direct ones: nobody learns who talks to whom. */
  readonly rooms: readonly (Counts & { readonly id: string })[]
}

export interface StatsOptions {
  readonly transports: readonly { readonly connectionCount: number }[]
  readonly hub: Pick<Hub, 'stats' | 'scopes'>
  readonly presence: Pick<Presence, 'onThisNode'>
  /** How a scope is shown; undefined for those that are not. */
  readonly shownId: (scope: ScopeId) => string | undefined
}

/** Of this node alone, right now. */
export function statsOf({ doors, hub, presence, shownId }: StatsOptions): Stats {
  const here = presence.onThisNode()
  const { subscribers, groups, deliveries } = hub.stats()
  return {
    connections: transports.reduce((sum, { connectionCount }) => sum + connectionCount, 0),
    users: here.users,
    ...{ subscriptions: subscribers, groups, deliveries },
    rooms: [...hub.scopes()].flatMap(([scope, counts]) => {
      const id = shownId(scope)
      if (id === undefined) return []
      return [{ id, ...(here.scopes.get(scope) ?? { connections: 0, users: 0 }), ...counts }]
    }),
  }
}
