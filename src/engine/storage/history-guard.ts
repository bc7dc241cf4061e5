import {
  type DatabaseIdentity,
  type HistoryIdentity,
  type IdentityClient,
  type IdentityRights,
  readRights,
  requirePrimary,
  TIMELINE,
  verifyIdentity,
} from './identity.ts'

/** The connection leads to another history than the one this node knows. Nothing was committed; a retry may succeed. */
export class OtherHistory extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'OtherHistory'
  }
}

export interface HistoryGuardEvents {
  /** Called when the database is a different copy than before and this node has renewed all epochs. */
  onRenewed(before: DatabaseIdentity, after: DatabaseIdentity): void
  /** Called once with the parts of the identity that the role may not read: a failover or restore may go unnoticed. */
  onUnreadable(parts: readonly (keyof IdentityRights)[]): void
}

/**
 * Ties a node to one history of the database. State that the node caches is valid only for that history: a replica
 * promoted without the tail, or a restored backup, continues a different history with the same offsets.
 */
export interface HistoryGuard {
  /**
   * Admits a connection: every new one before its first use, and existing ones periodically. Renews the epochs
   * unless another node already has. Throws StandbyServer, or OtherHistory if the connection leads back to a history that this
   * node has left, such as that of a demoted primary that does not know it.
   */
  admit(client: IdentityClient): Promise<void>
  /**
   * Checks every transaction with one statement, sent with its first. Throws OtherHistory if the server behind the connection
   * is not the one that was admitted, as happens behind a pooler.
   */
  confirm(client: IdentityClient): Promise<void>
  /** Calls `listener` whenever this node leaves a history. It must synchronously drop all state cached from it. */
  onReplaced(listener: () => void): void
  /** Number of histories that this node has left. */
  readonly replacements: number
}

/** More than the failovers of a cluster within the life of a process. */
const LEFT_HISTORIES = 1000

export function createHistoryGuard(events: HistoryGuardEvents): HistoryGuard {
  const listeners: (() => void)[] = []
  const left = new Set<string>()
  let rights: IdentityRights | undefined
  let known: HistoryIdentity | undefined
  let replacements = 0

  async function rightsOn(client: IdentityClient): Promise<IdentityRights> {
    if (rights !== undefined) return rights
    const read = await readRights(client)
    if (rights === undefined) {
      const missing = (['system', 'timeline'] as const).filter((part) => !read[part])
      if (missing.length > 0) events.onUnreadable(missing)
    }
    rights = read
    return read
  }

  function leave(history: HistoryIdentity): void {
    left.add(history.incarnation)
    const [oldest] = left
    if (left.size > LEFT_HISTORIES && oldest !== undefined) left.delete(oldest)
    replacements += 1
    for (const listener of listeners) listener()
  }

  return {
    async admit(client) {
      await requirePrimary(client)
      const found = await verifyIdentity(client, await rightsOn(client), events.onRenewed)
      if (left.has(found.incarnation)) {
        throw new OtherHistory('The database is a former primary: another one has taken over from it.')
      }
      const before = known
      known = found
      if (before !== undefined && before.incarnation !== found.incarnation) leave(before)
    },

    async confirm(client) {
      const expected = known?.timeline ?? null
      if (expected === null) return
      const { rows } = await client.query<{ timeline: string }>({
        name: 'confirm_timeline',
        text: `SELECT ${TIMELINE} AS timeline`,
      })
      if (rows[0]?.timeline !== expected) {
        throw new OtherHistory('The database continues on another timeline than this connection began with.')
      }
    },

    onReplaced: (listener) => void listeners.push(listener),

    get replacements() {
      return replacements
    },
  }
}
