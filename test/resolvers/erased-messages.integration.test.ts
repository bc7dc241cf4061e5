import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { describe, expect, onTestFinished, test } from 'vitest'
import { messagesTopic } from '../../src/features/messages/topics.ts'
import { asRoomId } from '../../src/features/rooms/ids.ts'
import { createFixture, entriesOf, type Fixture, openFixtureOn, replay, textAt, viewer } from './fixtures.ts'

const ann = viewer('ann')
const bob = viewer('bob')
const SECRET = 'my card number is 4111'
const MESSAGES = `subscription { messages(roomId: "-") { __typename ... on Event { offset }
  ... on MessageSent { message { body mentions { id } } } ... on MessageEdited { message { body mentions { id } } }
  ... on MessageDeleted { message { body mentions { id } } } } }`

async function embedded(): Promise<Fixture> {
  const directory = await mkdtemp(join(tmpdir(), 'rostrum-erased-'))
  const opened = await openFixtureOn({ url: null, directory }, [ann, bob])
  onTestFinished(async () => {
    await opened.close()
    await rm(directory, { recursive: true })
  })
  return opened
}

async function room({ run }: Fixture): Promise<string> {
  const create = `mutation { createRoom(input: { name: "Talk", kind: CHAT, visibility: PUBLIC }) {
    ... on RoomPayload { room { id } } } }`
  const roomId = textAt(await run(ann, create), 'createRoom', 'room', 'id')
  await run(bob, `mutation { joinRoom(roomId: "${roomId}") { __typename } }`)
  return roomId
}

async function send({ run }: Fixture, roomId: string, body: string): Promise<string> {
  const input = { roomId, body, clientMessageId: `c ${body.length}`, mentions: ['bob'] }
  const text = `mutation ($input: SendMessageInput!) { sendMessage(input: $input) {
    ... on MessagePayload { message { id } } } }`
  return textAt(await run(ann, text, { input }), 'sendMessage', 'message', 'id')
}

const edit = ({ run }: Fixture, id: string, body: string) =>
  run(ann, `mutation { editMessage(messageId: "${id}", body: "${body}") { __typename } }`)
const remove = ({ run }: Fixture, id: string) =>
  run(ann, `mutation { deleteMessage(messageId: "${id}") { __typename } }`)

/** The tables with a row that holds `text` anywhere. */
async function tablesWith({ services }: Fixture, text: string): Promise<readonly string[]> {
  const { rows } = await services.database.execute<{ name: string }>(
    sql`SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'`,
  )
  const holding: string[] = []
  for (const { name } of rows) {
    const found = await services.database.execute<{ count: number }>(
      sql`SELECT count(*)::int AS count FROM ${sql.identifier(name)} AS each WHERE position(${text} IN each::text) > 0`,
    )
    if (found.rows[0]?.count !== 0) holding.push(name)
  }
  return holding.sort()
}

describe('a deleted message', () => {
  test.each([
    ['PostgreSQL', () => createFixture(ann, bob)],
    ['the embedded database', embedded],
  ])(
    'is in no row of %s, in none of its versions, and keeps its place in the history',
    async (_name, open) => {
      const all = await open()
      const roomId = await room(all)
      const id = await send(all, roomId, SECRET)
      await send(all, roomId, 'Another')
      await edit(all, id, `${SECRET} 1111`)
      await edit(all, id, `${SECRET} 2222`)
      expect(await tablesWith(all, SECRET)).toEqual(['entries', 'messages'])

      await remove(all, id)
      expect(await tablesWith(all, SECRET)).toEqual([])
      const nothing = { body: null, mentions: [] }
      expect(await replay(all, await all.plan(bob, 'messages', { roomId }), MESSAGES)).toEqual([
        { __typename: 'MessageSent', offset: 1, message: nothing },
        { __typename: 'MessageSent', offset: 2, message: { body: 'Another', mentions: [{ id: 'bob' }] } },
        { __typename: 'MessageEdited', offset: 3, message: nothing },
        { __typename: 'MessageEdited', offset: 4, message: nothing },
        { __typename: 'MessageDeleted', offset: 5, message: nothing },
      ])
    },
  )

  test('leaves nothing if it was edited during its deletion', async () => {
    const all = await createFixture(ann, bob)
    const roomId = await room(all)
    const id = await send(all, roomId, SECRET)
    await Promise.all([edit(all, id, `${SECRET} 1`), edit(all, id, `${SECRET} 2`), remove(all, id)])
    expect(await tablesWith(all, SECRET)).toEqual([])
  })

  test('takes no content from others, also not from replies to it', async () => {
    const all = await createFixture(ann, bob)
    const roomId = await room(all)
    const id = await send(all, roomId, SECRET)
    const reply = textAt(
      await all.run(
        bob,
        `mutation { sendMessage(input: { roomId: "${roomId}", body: "Why?", clientMessageId: "r", replyToId: "${id}" }) {
          ... on MessagePayload { message { id } } } }`,
      ),
      'sendMessage',
      'message',
      'id',
    )
    await edit(all, id, `${SECRET} 1`)
    await all.run(bob, `mutation { editMessage(messageId: "${reply}", body: "Why not?") { __typename } }`)
    await remove(all, id)
    const entries = await entriesOf(all, messagesTopic(asRoomId(roomId)))
    expect(entries.map(({ data }) => ('message' in data ? data.message : undefined))).toMatchObject([
      { body: null },
      { body: 'Why?' },
      { body: null },
      { body: 'Why not?' },
      { body: null },
    ])
  })
})

describe('the migration', () => {
  test('erases what was deleted before deletion did, and nothing else', async () => {
    const all = await createFixture(ann, bob)
    const roomId = await room(all)
    const id = await send(all, roomId, SECRET)
    await edit(all, id, `${SECRET} 1111`)
    const other = await send(all, roomId, 'Another')
    await edit(all, other, 'Another one')
    const { database } = all.services
    await database.execute(
      sql`UPDATE messages SET body = NULL, deleted_at = clock_timestamp() WHERE id = ${id}`,
    )
    expect(await tablesWith(all, SECRET)).toEqual(['entries'])

    const directory = join(import.meta.dirname, '../../src/features/migrations')
    const name = (await readdir(directory)).find((each) => each.endsWith('_erased_messages.sql')) ?? ''
    const erasing =
      (await readFile(join(directory, name), 'utf8')).split('--> statement-breakpoint').at(-1) ?? ''
    await database.execute(sql.raw(erasing))
    expect(await tablesWith(all, SECRET)).toEqual([])
    expect(await replay(all, await all.plan(bob, 'messages', { roomId }), MESSAGES)).toMatchObject([
      { __typename: 'MessageSent', message: { body: null, mentions: [] } },
      { __typename: 'MessageEdited', message: { body: null, mentions: [] } },
      { __typename: 'MessageSent', message: { body: 'Another', mentions: [{ id: 'bob' }] } },
      { __typename: 'MessageEdited', message: { body: 'Another one', mentions: [{ id: 'bob' }] } },
    ])
  })
})
