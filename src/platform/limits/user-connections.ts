import type { UserId } from '../../engine/kernel/id.ts'

/** The connections of each user to this node, in the order in which they came. */
export interface UserConnections {
  /**
   * Counts one more, until the returned function is called. Calls `onExcess` where it is one too many: at once where this
   * node alone can tell, else when the others have been asked, a moment later. Of connections that come to several nodes
   * within that moment more may be turned away than need be.
   */
  add(user: UserId, onExcess: () => void): () => void
}

export interface UserConnectionsOptions {
  readonly max: number
  /** How many each has on all nodes, those on this one included. */
  count(users: readonly UserId[]): Promise<ReadonlyMap<UserId, number>>
}

/** Those who come within this time are asked for together: a storm of them costs no more than that. */
const GATHER_MS = 50

export function createUserConnections({ max, count }: UserConnectionsOptions): UserConnections {
  /** What to call where one is too many. */
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
    // Who can't be asked is not counted: that is no reason to turn anybody away.
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
