import type { Entry } from '../../engine/history/entry.ts'
import type { FeedListener } from '../../engine/hub/feed.ts'
import type { Hub } from '../../engine/hub/hub.ts'
import type { UserId } from '../../engine/kernel/id.ts'
import type { Instant } from '../../engine/kernel/instant.ts'
import { Listeners } from '../../engine/kernel/listeners.ts'
import type { Database } from '../../engine/storage/database.ts'
import { untilAvailable } from '../../engine/storage/until-available.ts'
import type { Revocations } from '../../platform/auth/revocations.ts'
import { readRevocations } from './reads/revocations.ts'
import { revocationsTopic } from './topics.ts'

export interface FollowOptions {
  readonly database: Database
  readonly hub: Pick<Hub, 'follow'>
  /** Called once if the database is unavailable at the start: `untilAvailable`. */
  readonly onWait: (error: unknown) => Promise<void> | void
  /** Called with errors thrown by a database read or a listener. The next entry or suspicion of a gap reads again. */
  readonly onFault: (error: unknown) => void
}

export interface FollowedRevocations extends Revocations {
  /** Applies entries that this node wrote itself: a revocation takes effect here before it is answered. */
  learn(entries: readonly Entry[]): void
}

/**
 * Follows the history of revocations; the feed recovers anything the bus loses. Resolves when all revocations
 * committed before are known.
 */
export async function followRevocations({
  database,
  hub,
  onWait,
  onFault,
}: FollowOptions): Promise<FollowedRevocations> {
  const revoked = new Map<UserId, Instant>()
  const listeners = new Listeners<(userId: UserId) => void>(onFault)
  let doubts = 0
  /** Maximum number of suspected gaps that are checked against the database. */
  let settled = 0
  let renewing: Promise<void> | undefined

  function note(userId: UserId, at: Instant): void {
    if ((revoked.get(userId) ?? Number.NEGATIVE_INFINITY) >= at) return
    revoked.set(userId, at)
    listeners.tell((listener) => listener(userId))
  }

  function learn(entries: readonly Entry[]): void {
    for (const { data } of entries) if (isRevocation(data)) note(data.userId, data.revokedAt)
  }

  async function readAll(): Promise<void> {
    for (const [userId, at] of await readRevocations(database)) note(userId, at)
  }

  /** Revocations lost with a replaced history apply on no node: all nodes judge by the same database. */
  async function startOver(): Promise<void> {
    const former = [...revoked]
    const found = await readRevocations(database)
    for (const [userId, at] of former) {
      // An entry noted again in the meantime belongs to the new history.
      if (!found.has(userId) && revoked.get(userId) === at) revoked.delete(userId)
    }
    for (const [userId, at] of found) note(userId, at)
  }

  async function renew(): Promise<void> {
    const answered = doubts
    try {
      await readAll()
      settled = answered
    } finally {
      renewing = undefined
    }
  }

  const listener: FeedListener = {
    onEntries: learn,
    onDiscontinuity: () => void startOver().catch(onFault),
    // An entry, and with it a revocation, may have been missed.
    onFault: () => void readAll().catch(onFault),
  }
  await untilAvailable(() => hub.follow(revocationsTopic, listener), onWait)
  await untilAvailable(readAll, onWait)

  return {
    learn,
    isRevoked({ user, issuedAt }) {
      const at = revoked.get(user.id)
      return at !== undefined && (issuedAt === null || issuedAt <= at)
    },
    doubt() {
      doubts += 1
    },
    async current() {
      while (settled < doubts) {
        renewing ??= renew()
        await renewing
      }
    },
    onRevoked(listener) {
      listeners.add(listener)
      return () => void listeners.remove(listener)
    },
  }
}

function isRevocation(data: Entry['data']): data is { readonly userId: UserId; readonly revokedAt: Instant } {
  return 'userId' in data && 'revokedAt' in data
}
