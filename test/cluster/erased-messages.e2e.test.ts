import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import {
  DELETE,
  EDIT,
  MESSAGES,
  type MessageAnswer,
  type MessageEntry,
  ROOM_QUERY,
  type Room,
  SEND,
} from '../api/room-documents.ts'
import { type Caller, createCaller } from '../support/caller.ts'
import type { Recording } from '../support/graphql-client.ts'
import { startNode, type TestNode } from '../support/node.ts'
import { freshDatabase } from '../support/postgres-shared.ts'
import { freshRedisPrefix, sharedRedisUrl } from '../support/redis-shared.ts'
import { makeRoom } from '../support/rooms.ts'

const SECRET = 'my card number is 4111'

let nodes: readonly TestNode[]
let olga: Caller
let roomId: string
let start: string

beforeAll(async () => {
  const where = {
    databaseUrl: await freshDatabase(),
    redisUrl: sharedRedisUrl(),
    redisPrefix: freshRedisPrefix(),
  }
  nodes = await Promise.all([startNode(where), startNode(where)])
  const [node] = nodes
  if (node === undefined) throw new Error('two nodes were started')
  olga = await createCaller(node, 'olga')
  roomId = await makeRoom(node, olga.token ?? '', { kind: 'CHAT' })
  start = (await olga.ask<Room>(ROOM_QUERY, { id: roomId })).messagesCursor
})
afterAll(async () => {
  await olga[Symbol.asyncDispose]()
  for (const node of nodes) await node[Symbol.asyncDispose]()
})

/** Visitors, one on each node, who begin at the start of the history. */
async function readers(): Promise<readonly Recording<MessageEntry>[]> {
  const callers = await Promise.all(nodes.map((node) => createCaller(node)))
  onTestFinished(async () => {
    for (const each of callers) await each[Symbol.asyncDispose]()
  })
  return callers.map((each) => each.record<MessageEntry>(MESSAGES, { roomId, after: start }))
}

describe('a message that was deleted', () => {
  test('is read without its text on every node, also where the node had delivered it before', async () => {
    const early = await readers()
    const input = { roomId, body: SECRET, clientMessageId: randomUUID() }
    const { message } = await olga.ask<MessageAnswer>(SEND, { input })
    await olga.ask(EDIT, { id: message.id, body: `${SECRET} 1111` })
    for (const each of early) expect(JSON.stringify(await each.take(2))).toContain(SECRET)
    // Makes the nodes hold the page that the text is in.
    for (const each of await readers()) await each.take(2)

    await olga.ask(DELETE, { id: message.id })
    for (const each of early) await each.take(3)
    for (const each of await readers()) {
      const entries = await each.take(3)
      expect(entries.map(({ __typename, offset }) => `${offset} ${__typename}`)).toEqual([
        '1 MessageSent',
        '2 MessageEdited',
        '3 MessageDeleted',
      ])
      expect(entries.map((entry) => entry.message?.body)).toEqual([null, null, null])
    }
  })
})
