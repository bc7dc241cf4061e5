import { sql } from 'drizzle-orm'
import { formatInstant, type Instant } from '../kernel/instant.ts'
import type { Topic } from '../kernel/topic.ts'
import type { Transaction } from '../storage/database.ts'

/** Stores the topic's deadline in the transaction that changed it, so that a crash loses none. */
export async function moveDeadline(
  tx: Transaction,
  topic: Topic,
  before: Instant | null,
  after: Instant | null,
): Promise<void> {
  // Even if the topic itself had no deadline before: another topic may have made this one due.
  if (after === null) await tx.execute(sql`DELETE FROM deadlines WHERE topic = ${topic}`)
  else if (before !== after) {
    await tx.execute(sql`
      INSERT INTO deadlines (topic, due_at) VALUES (${topic}, ${formatInstant(after)})
      ON CONFLICT (topic) DO UPDATE SET due_at = excluded.due_at`)
  }
}
