import type { Topic } from '../../engine/kernel/topic.ts'
import type { Transaction } from '../../engine/storage/database.ts'
import { statement } from '../../engine/storage/statement.ts'
import type { MessageId } from './ids.ts'
import { withoutContent } from './rules/erase.ts'
import type { Message } from './rules/message.ts'
import { messagesTopic } from './topics.ts'

interface Version {
  readonly topic: Topic
  readonly offset: string
  readonly data: object
}

const VERSIONS = statement<Version>(
  'versions_of_messages',
  // Searches the JSON as text, since decoding it fails on escapes that PostgreSQL cannot store. Reply ids match as well.
  `SELECT topic, found."offset", found.data
  FROM unnest($1::text[], $2::text[], $3::bigint[], $4::boolean[]) AS wanted(topic, id, sent, edited),
    LATERAL (
      SELECT "offset", data FROM entries WHERE entries.topic = wanted.topic AND "offset" = wanted.sent
      UNION ALL
      SELECT "offset", data FROM entries
      WHERE wanted.edited AND entries.topic = wanted.topic AND type = 'MessageEdited' AND "offset" > wanted.sent
        AND position('"' || wanted.id || '"' IN data::text) > 0) AS found`,
)

const REWRITE = statement(
  'rewrite_entries',
  `UPDATE entries SET data = row.data
  FROM json_to_recordset($1::json) AS row(topic text, "offset" bigint, data json)
  WHERE entries.topic = row.topic AND entries."offset" = row."offset"`,
)

/**
 * Erases the content of `messages` from every entry that carries a version of them: MessageSent and MessageEdited
 * keep their offsets and lose their content. Call it in the transaction that writes MessageDeleted, after that
 * transaction's entries: readers treat MessageDeleted as the sign that earlier entries changed
 * (`Source.rewritesHistory`).
 */
export async function eraseMessages(tx: Transaction, messages: readonly Message[]): Promise<void> {
  if (messages.length === 0) return
  const versions = await VERSIONS(
    tx,
    messages.map(({ roomId }) => messagesTopic(roomId)),
    messages.map(({ id }) => id),
    messages.map(({ offset }) => offset),
    messages.map(({ editedAt }) => editedAt !== null),
  )
  const erased = new Set(messages.map(({ id }) => id))
  const rows = versions.flatMap(({ topic, offset, data }) =>
    isVersionOf(erased, data)
      ? [{ topic, offset, data: { ...data, message: withoutContent(data.message) } }]
      : [],
  )
  if (rows.length > 0) await REWRITE(tx, JSON.stringify(rows))
}

function isVersionOf(erased: ReadonlySet<MessageId>, data: object): data is { readonly message: Message } {
  const message: unknown = 'message' in data ? data.message : undefined
  const ids: ReadonlySet<unknown> = erased
  return typeof message === 'object' && message !== null && 'id' in message && ids.has(message.id)
}
