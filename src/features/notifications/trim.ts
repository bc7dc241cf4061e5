import { sql } from 'drizzle-orm'
import type { Trim } from '../../engine/history/retention.ts'

const A_ROUND = 10_000
/** How long deliveries that failed permanently stay listed. */
const FAILED_PUSHES_KEPT = '30 days'

/** Deletes notifications some time after they were read, and old failed deliveries. */
export const trimNotifications: Trim = async (tx, ms) => {
  await tx.execute(sql`
    DELETE FROM notifications WHERE id IN (
      SELECT id FROM notifications WHERE read_at < clock_timestamp() - make_interval(secs => ${ms / 1000}::float8)
      LIMIT ${A_ROUND})`)
  await tx.execute(sql`
    DELETE FROM webhook_deliveries
    WHERE due_at IS NULL AND created_at < clock_timestamp() - ${FAILED_PUSHES_KEPT}::interval`)
}
