import { sql } from 'drizzle-orm'
import { type Aggregate, SAVED } from '../../engine/commands/aggregate.ts'
import { formatInstant } from '../../engine/kernel/instant.ts'
import { decideRevocation, type RevokeCommand, type UserRevoked } from './rules/revoke.ts'

/** Users signed out on all nodes: every node follows the history of this one topic. */
export const revocationsAggregate: Aggregate<RevokeCommand, object, null, UserRevoked, null> = {
  topicsBegunBy: () => [],
  load: async () => null,
  decide: (_state, { actor, body }, { now }) => decideRevocation(body, { actor, now }),
  evolve: (state) => state,
  entryOf: ({ type, userId, revokedAt }) => ({ type, data: { userId, revokedAt } }),

  async save(tx, { steps }) {
    for (const { event, actor } of steps) {
      const by = actor.kind === 'user' ? actor.person.id : null
      await tx.execute(sql`
        INSERT INTO revocations (user_id, revoked_at, reason, revoked_by)
        VALUES (${event.userId}, ${formatInstant(event.revokedAt)}, ${event.reason}, ${by})
        ON CONFLICT (user_id) DO UPDATE SET revoked_at = excluded.revoked_at, reason = excluded.reason,
          revoked_by = excluded.revoked_by`)
    }
    return SAVED
  },

  viewOf: () => null,
}
