import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type Caller, createCaller } from '../support/caller.ts'
import { startNode, type TestNode } from '../support/node.ts'
import { freshDatabase } from '../support/postgres-shared.ts'
import { makeRoom } from '../support/rooms.ts'
import { JOIN_ROOM, LEAVE_ROOM, OPEN_DIRECT_ROOM } from './room-documents.ts'

const SEND = `mutation ($input: SendMessageInput!) { sendMessage(input: $input) {
  __typename ... on MessagePayload { message { id offset } } ... on Rejected { code } } }`
const DELETE = 'mutation ($id: ID!) { deleteMessage(messageId: $id) { __typename } }'
const INBOX = `{ viewer { notifications(first: 100) { edges { node { kind title body subjectId data } } } } }`
const NOTIFICATIONS = `subscription { notifications { __typename
  ... on NotificationCreated { notification { kind subjectId } } } }`

interface Told {
  readonly kind: string
  readonly title: string
  readonly body: string
  readonly subjectId: string
}

let node: TestNode
let roomId: string

beforeAll(async () => {
  node = await startNode({ databaseUrl: await freshDatabase() })
  roomId = await makeRoom(node, await node.token('owner'))
})
afterAll(() => node[Symbol.asyncDispose]())

async function newcomer(): Promise<Caller> {
  const caller = await createCaller(node, `user ${randomUUID()}`)
  onTestFinished(() => caller[Symbol.asyncDispose]())
  await caller.answer('{ viewer { user { id } } }')
  return caller
}

async function member(): Promise<Caller> {
  const caller = await newcomer()
  await caller.ask(JOIN_ROOM, { roomId })
  return caller
}

interface Sent {
  readonly message: { readonly id: string; readonly offset: number }
}

function say(by: Caller, mentions: readonly Caller[], more: object = {}): Promise<Sent> {
  const ids = mentions.map(({ id }) => id)
  const input = { roomId, body: 'Look at this', clientMessageId: randomUUID(), mentions: ids, ...more }
  return by.ask<Sent>(SEND, { input })
}

async function told(caller: Caller): Promise<readonly Told[]> {
  interface Viewer {
    readonly notifications: { readonly edges: readonly { readonly node: Told }[] }
  }
  const { notifications } = await caller.ask<Viewer>(INBOX)
  return notifications.edges.map(({ node: shown }) => shown)
}

describe('a member who is mentioned', () => {
  test('hears it at once, once for a message, with who and where, and not what', async () => {
    const [ann, bob] = [await member(), await member()]
    const heard = bob.record<{ readonly notification?: Told }>(NOTIFICATIONS)
    await heard.take(1)
    const { message } = await say(ann, [bob, bob])
    const [, entry] = await heard.take(2, 1_000)
    expect(entry).toMatchObject({ notification: { kind: 'MENTION', subjectId: message.id } })
    expect(await told(bob)).toEqual([
      {
        kind: 'MENTION',
        title: `${ann.id} mentioned you`,
        body: `${ann.id} mentioned you in “A room”.`,
        subjectId: message.id,
        data: { roomId, messageId: message.id, offset: message.offset, authorId: ann.id },
      },
    ])
    await ann.ask(DELETE, { id: message.id })
    expect(JSON.stringify(await told(bob))).not.toContain('Look at this')
  })

  test('hears it once, however often the message is sent again', async () => {
    const [ann, bob] = [await member(), await member()]
    const clientMessageId = randomUUID()
    await Promise.all(Array.from({ length: 10 }, () => say(ann, [bob], { clientMessageId })))
    expect(await told(bob)).toHaveLength(1)
  })
})

describe('nobody hears of a mention', () => {
  test('who is the author, no member, no member any more, or not there', async () => {
    const [ann, stranger, gone] = [await member(), await newcomer(), await member()]
    await gone.ask(LEAVE_ROOM, { roomId })
    const nobody = { ...stranger, id: `nobody ${randomUUID()}` }
    await say(ann, [ann, stranger, gone, nobody])
    for (const each of [ann, stranger, gone]) expect(await told(each)).toEqual([])
  })

  test('where the message was refused', async () => {
    const [ann, bob] = [await member(), await member()]
    await say(ann, [bob], { body: '' })
    expect(await told(bob)).toEqual([])
  })
})

describe('a direct room', () => {
  test('tells the other one of each message, mentioned or not, and not the author', async () => {
    const [ann, bob] = [await newcomer(), await newcomer()]
    const { room } = await ann.ask<{ readonly room: { readonly id: string } }>(OPEN_DIRECT_ROOM, {
      userId: bob.id,
    })
    const { message } = await say(ann, [], { roomId: room.id })
    await say(ann, [bob], { roomId: room.id })
    expect(await told(bob)).toMatchObject([
      { kind: 'DIRECT_MESSAGE', title: ann.id },
      { kind: 'DIRECT_MESSAGE', subjectId: message.id },
    ])
    expect(await told(ann)).toEqual([])
  })
})

describe('many messages at once', () => {
  test('that mention one another lose nothing and wait for nobody for ever', async () => {
    const people = await Promise.all(Array.from({ length: 6 }, member))
    const rooms = await Promise.all(
      people.map(async (each) => {
        const id = await makeRoom(node, each.token ?? '')
        for (const other of people) await other.ask(JOIN_ROOM, { roomId: id })
        return id
      }),
    )
    await Promise.all(
      Array.from({ length: 60 }, (_, index) => {
        const by = people[index % 6]
        if (by === undefined) throw new Error('six people')
        return say(by, people.toReversed(), { roomId: rooms[(index * 5) % 6] })
      }),
    )
    for (const each of people) expect(await told(each)).toHaveLength(50)
  })
})
