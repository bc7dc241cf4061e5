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
  /** The database is another copy than before: this node renewed all epochs. */
  onRenewed(before: DatabaseIdentity, after: DatabaseIdentity): void
  /** Parts of the identity that the role may not read: a failover or a restore may go unnoticed. Called once. */
  onUnreadable(parts: readonly (keyof IdentityRights)[]): void
}

/**
 * Ties a node to one history of the database. What the node remembers of topics is true only for that history: a replica
 * that is promoted without the tail, or a backup that is restored, continues another one under the same offsets.
 */
export interface HistoryGuard {
  /**
   * For every new connection, before anything else runs on it, and for existing ones from time to time. Renews the epochs
   * where nobody has yet. Throws StandbyServer, or OtherHistory where the connection leads back to a history that this
   * node has left: a primary that was demoted and does not know it.
   */
  admit(client: IdentityClient): Promise<void>
  /**
   * For every transaction: one statement, sent with its first. Throws OtherHistory where the server behind the connection
   * is another than when the connection was admitted, as it happens behind a pooler.
   */
  confirm(client: IdentityClient): Promise<void>
  /** Calls `listener` whenever this node leaves a history: what is remembered of it is to be dropped, synchronously. */
  onReplaced(listener: () => void): void
  /** How often that was. */
  readonly replacements: number
}

/** More than a cluster fails over within the life of a process. */
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
