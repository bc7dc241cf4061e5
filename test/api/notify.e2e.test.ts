import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type Caller, createCaller } from '../support/caller.ts'
import { startNode, type TestNode } from '../support/node.ts'
import { freshDatabase } from '../support/postgres-shared.ts'

const NOTIFICATION = 'id kind title body subjectId data createdAt readAt'
const NOTIFY = `mutation ($input: NotifyInput!) { notify(input: $input) {
  __typename
  ... on NotifyPayload { notifications { ${NOTIFICATION} } }
  ... on Rejected { code field }
} }`
const NOTIFICATIONS = `subscription ($after: Cursor) { notifications(after: $after) {
  __typename
  ... on Event { offset cursor }
  ... on NotificationsSnapshot { unread { id } }
  ... on NotificationCreated { notification { ${NOTIFICATION} } }
} }`
const INBOX = 'query { viewer { unreadNotifications notifications { edges { node { id } } } } }'
const NODE = 'query ($id: ID!) { node(id: $id) { id } }'

interface Answer {
  readonly __typename: string
  readonly notifications: readonly { readonly id: string; readonly title: string }[]
}

interface Entry {
  readonly __typename: string
  readonly offset: number
  readonly cursor: string
  readonly notification?: { readonly id: string; readonly title: string }
}

let node: TestNode
let service: Caller

beforeAll(async () => {
  node = await startNode({ databaseUrl: await freshDatabase() })
  service = await createCaller(node, 'house', ['service'])
})

afterAll(async () => {
  await service[Symbol.asyncDispose]()
  await node[Symbol.asyncDispose]()
})

const nobody = (): string => `user ${randomUUID()}`

async function somebody(id = nobody(), roles: readonly string[] = []): Promise<Caller> {
  const caller = await createCaller(node, id, roles)
  onTestFinished(() => caller[Symbol.asyncDispose]())
  return caller
}

function input(userIds: readonly string[], more: object = {}): { readonly input: object } {
  const text = { kind: 'CUSTOM', title: 'Parcel', body: 'It is on its way.' }
  return { input: { ...text, userIds, idempotencyKey: randomUUID(), ...more } }
}

const notify = (userIds: readonly string[], more: object = {}, by = service): Promise<Answer> =>
  by.ask<Answer>(NOTIFY, input(userIds, more))

describe('a service that notifies', () => {
  test('reaches each user once, at once, with what it said', async () => {
    const [ann, bob] = [nobody(), nobody()]
    const heard = (await somebody(ann)).record<Entry>(NOTIFICATIONS)
    await heard.take(1)
    const answer = await notify([ann, bob, ann], {
      kind: 'ROOM',
      title: '  Lot 7 ',
      subjectId: 'lot-7',
      data: { shelf: ['a', 1, null] },
    })
    expect(answer.notifications).toHaveLength(2)
    const [, entry] = await heard.take(2, 1_000)
    expect(entry).toMatchObject({
      __typename: 'NotificationCreated',
      offset: 1,
      notification: {
        id: answer.notifications[0]?.id,
        kind: 'ROOM',
        title: 'Lot 7',
        body: 'It is on its way.',
        subjectId: 'lot-7',
        data: { shelf: ['a', 1, null] },
        readAt: null,
      },
    })
  })

  test('reaches who has never been here, who finds it on coming', async () => {
    const ann = nobody()
    const answer = await notify([ann])
    const viewer = await (await somebody(ann)).ask(INBOX)
    expect(viewer).toMatchObject({
      unreadNotifications: 1,
      notifications: { edges: [{ node: { id: answer.notifications[0]?.id } }] },
    })
  })

  test('may say any JSON, and nothing', async () => {
    const ann = await somebody()
    for (const data of ['text', 7, true, null, [1], { a: { b: null } }]) {
      expect(await notify([ann.id], { data })).toMatchObject({ notifications: [{ data }] })
    }
    expect(await notify([ann.id])).toMatchObject({ notifications: [{ data: null, subjectId: null }] })
  })

  test('is heard by who comes back with a cursor, in order', async () => {
    const id = nobody()
    const ann = await somebody(id)
    const first = ann.record<Entry>(NOTIFICATIONS)
    const [snapshot] = await first.take(1)
    for (const title of ['one', 'two', 'three']) await notify([id], { title })
    const again = ann.record<Entry>(NOTIFICATIONS, { after: snapshot?.cursor })
    expect((await again.take(3)).map(({ offset, notification }) => [offset, notification?.title])).toEqual([
      [1, 'one'],
      [2, 'two'],
      [3, 'three'],
    ])
  })

  test('has one effect for one key, also of many at once, and the same answer later', async () => {
    const id = nobody()
    const given = input([id])
    const answers = await Promise.all(Array.from({ length: 20 }, () => service.ask<Answer>(NOTIFY, given)))
    answers.push(await service.ask<Answer>(NOTIFY, given))
    expect(new Set(answers.map(({ notifications }) => notifications[0]?.id)).size).toBe(1)
    expect(await (await somebody(id)).ask(INBOX)).toMatchObject({ unreadNotifications: 1 })
    const other = { input: { ...given.input, title: 'Another' } }
    expect(await service.ask(NOTIFY, other)).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' })
  })

  test('reaches a thousand at once, each in the own history', async () => {
    const ids = Array.from({ length: 1000 }, nobody)
    const answer = await notify(ids)
    expect(new Set(answer.notifications.map(({ id }) => id)).size).toBe(1000)
    for (const id of [ids[0], ids[999]]) {
      expect(await (await somebody(id)).ask(INBOX)).toMatchObject({ unreadNotifications: 1 })
    }
  })

  test.for([
    { said: 'nobody', more: { userIds: [] }, field: 'userIds' },
    {
      said: 'more than a thousand',
      more: { userIds: Array.from({ length: 1001 }, nobody) },
      field: 'userIds',
    },
    { said: 'no title', more: { title: '  ' }, field: 'title' },
    { said: 'a title of 201 characters', more: { title: 'x'.repeat(201) }, field: 'title' },
    { said: 'no body', more: { body: '' }, field: 'body' },
    { said: 'a body of 4001 characters', more: { body: 'x'.repeat(4001) }, field: 'body' },
    { said: 'a body with NUL', more: { body: 'a\0b' }, field: 'body' },
    { said: 'an endless subject', more: { subjectId: 'x'.repeat(201) }, field: 'subjectId' },
    { said: 'an empty key', more: { idempotencyKey: '' }, field: 'idempotencyKey' },
  ])('is refused with $said', async ({ more, field }) => {
    expect(await notify([nobody()], more)).toMatchObject({ code: 'INVALID_INPUT', field })
  })
})

describe('nobody else', () => {
  test.for([{ roles: [] }, { roles: ['moderator'] }])('notifies: roles $roles', async ({ roles }) => {
    const by = await somebody(nobody(), roles)
    await expect(notify([nobody()], {}, by)).rejects.toThrow('FORBIDDEN')
  })

  test('notifies: nobody who is not signed in', async () => {
    await using visitor = await createCaller(node)
    expect(await visitor.refusal(NOTIFY, input([nobody()]))).toBe('UNAUTHENTICATED')
  })

  test('sees a notification: not by its id, nor who sent it', async () => {
    const ann = nobody()
    const answer = await notify([ann])
    const id = answer.notifications[0]?.id
    for (const by of [service, await somebody(nobody(), ['admin']), await somebody()]) {
      expect(await by.ask(NODE, { id })).toBeNull()
    }
    expect(await (await somebody(ann)).ask(NODE, { id })).toEqual({ id })
  })
})
