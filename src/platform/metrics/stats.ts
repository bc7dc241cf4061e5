import type { Hub } from '../../engine/hub/hub.ts'
import type { ScopeId } from '../../engine/kernel/scope-id.ts'
import type { Presence } from '../../engine/presence/presence.ts'

/** Current activity of a node or a room. */
interface Counts {
  readonly connections: number
  /** Distinct signed-in users. */
  readonly users: number
  readonly subscriptions: number
  readonly groups: number
  /** Payloads handed to connections since the start; for a room, since it last became non-empty. */
  readonly deliveries: number
}

export interface Stats extends Counts {
  /** Rooms with at least one subscription. Direct rooms are left out: nobody learns who talks to whom. */
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
export function statsOf({ transports, hub, presence, shownId }: StatsOptions): Stats {
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
