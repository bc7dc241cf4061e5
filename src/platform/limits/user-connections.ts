import type { UserId } from '../../engine/kernel/id.ts'

/** The connections of each user to this node, in order of arrival. */
export interface UserConnections {
  /**
   * Counts one more connection until the returned function is called. Calls `onExcess` if it exceeds the limit:
   * immediately if this node's own count suffices, otherwise after asking the other nodes. If connections arrive at
   * several nodes within that moment, more than necessary may be rejected.
   */
  add(user: UserId, onExcess: () => void): () => void
}

export interface UserConnectionsOptions {
  readonly max: number
  /** The number of connections of each user on all nodes, including this one. */
  count(users: readonly UserId[]): Promise<ReadonlyMap<UserId, number>>
}

/** Connections within this time share one query, so that a connection storm costs no more. */
const GATHER_MS = 50

export function createUserConnections({ max, count }: UserConnectionsOptions): UserConnections {
  /** Called for a connection that exceeds the limit. */
  type Connection = () => void
  const connections = new Map<UserId, Set<Connection>>()
  let unchecked = new Map<UserId, Set<Connection>>()

  function check(user: UserId, connection: Connection): void {
    const fresh = unchecked.get(user) ?? new Set()
    if (unchecked.size === 0) setTimeout(() => void checkAll(), GATHER_MS).unref()
    unchecked.set(user, fresh.add(connection))
  }

  async function checkAll(): Promise<void> {
    const asked = unchecked
    unchecked = new Map()
    // An unreachable registry counts nothing: it is no reason to reject a connection.
    const counts = await count([...asked.keys()]).catch(() => new Map<UserId, number>())
    for (const [user, fresh] of asked) {
      const here = [...(connections.get(user) ?? [])]
      const elsewhere = (counts.get(user) ?? here.length) - here.length
      for (const excess of here.slice(Math.max(0, max - elsewhere))) if (fresh.has(excess)) excess()
    }
  }

  return {
    add(user, onExcess) {
      const here = connections.get(user) ?? new Set()
      const connection: Connection = () => onExcess()
      connections.set(user, here.add(connection))
      if (here.size > max) onExcess()
      else check(user, connection)
      return () => {
        here.delete(connection)
        if (here.size === 0 && connections.get(user) === here) connections.delete(user)
      }
    },
  }
}
