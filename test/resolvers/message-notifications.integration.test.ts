import { describe, expect, test } from 'vitest'
import { asUserId } from '../../src/engine/kernel/id.ts'
import { notificationsTopic } from '../../src/features/notifications/topics.ts'
import { createFixture, type Data, entriesOf, type Fixture, textAt, viewer } from './fixtures.ts'

const ann = viewer('ann')
const bob = viewer('bob')
const eve = viewer('eve')

interface Room extends Fixture {
  readonly roomId: string
}

async function roomOfThree(): Promise<Room> {
  const all = await createFixture(ann, bob, eve)
  const create = `mutation { createRoom(input: { name: "Talk", kind: CHAT, visibility: PUBLIC }) {
    ... on RoomPayload { room { id } } } }`
  const roomId = textAt(await all.run(ann, create), 'createRoom', 'room', 'id')
  for (const each of [bob, eve])
    await all.run(each, `mutation { joinRoom(roomId: "${roomId}") { __typename } }`)
  return { ...all, roomId }
}

async function directRoom(): Promise<Room> {
  const all = await createFixture(ann, bob)
  const open = 'mutation { openDirectRoom(userId: "bob") { ... on RoomPayload { room { id } } } }'
  return { ...all, roomId: textAt(await all.run(ann, open), 'openDirectRoom', 'room', 'id') }
}

let messages = 0

async function send({ run, roomId }: Room, mentions: readonly string[] = []): Promise<string> {
  messages += 1
  const input = { roomId, body: 'Hello', clientMessageId: `c ${messages}`, mentions }
  const text = `mutation ($input: SendMessageInput!) { sendMessage(input: $input) {
    ... on MessagePayload { message { id } } } }`
  return textAt(await run(ann, text, { input }), 'sendMessage', 'message', 'id')
}

const EDIT = `mutation ($id: ID!, $body: String!, $mentions: [ID!]) {
  editMessage(messageId: $id, body: $body, mentions: $mentions) {
    ... on MessagePayload { message { body mentions { id } editedAt } } ... on Rejected { code field } } }`

const edit = (
  { run }: Room,
  id: string,
  mentions?: readonly string[] | null,
  body = 'Hello',
): Promise<Data> => run(ann, EDIT, { id, body, ...(mentions === undefined ? {} : { mentions }) })

const remove = ({ run }: Room, id: string): Promise<Data> =>
  run(ann, `mutation { deleteMessage(messageId: "${id}") { __typename } }`)

/** The subjects of what is unread, oldest first. */
async function unread({ run }: Room, user = bob): Promise<readonly unknown[]> {
  const text =
    '{ viewer { unreadNotifications notifications(unreadOnly: true) { edges { node { subjectId } } } } }'
  const { viewer: own } = (await run(user, text)) as {
    readonly viewer: {
      readonly unreadNotifications: number
      readonly notifications: { readonly edges: readonly { readonly node: { readonly subjectId: string } }[] }
    }
  }
  const subjects = own.notifications.edges.map(({ node }) => node.subjectId).reverse()
  expect(own.unreadNotifications).toBe(subjects.length)
  return subjects
}

/** The entries of a user's notifications, of each what it is about. */
async function entries(all: Room, user = bob): Promise<readonly unknown[]> {
  const found = await entriesOf(all, notificationsTopic(asUserId(user.user.id)))
  return found.map(({ type, data }) =>
    'unreadCount' in data && 'ids' in data && Array.isArray(data.ids)
      ? `${type} ${data.ids.length} of which ${data.unreadCount} are left`
      : type,
  )
}

describe('editing a message', () => {
  test('without mentions leaves them as they are', async () => {
    const all = await roomOfThree()
    const id = await send(all, ['bob'])
    for (const mentions of [undefined, null]) {
      expect(await edit(all, id, mentions, `Hello ${mentions}`)).toMatchObject({
        editMessage: { message: { mentions: [{ id: 'bob' }] } },
      })
    }
    expect(await unread(all)).toEqual([id])
  })

  test('replaces the mentions, also where the body stays the same', async () => {
    const all = await roomOfThree()
    const id = await send(all, ['bob'])
    expect(await edit(all, id, ['eve', 'nobody', 'eve'])).toMatchObject({
      editMessage: { message: { body: 'Hello', mentions: [{ id: 'eve' }], editedAt: expect.any(String) } },
    })
    expect(await all.run(ann, `{ node(id: "${id}") { ... on Message { mentions { id } } } }`)).toEqual({
      node: { mentions: [{ id: 'eve' }] },
    })
  })

  test('notifies newly mentioned users, and withdraws unread notifications of removed ones', async () => {
    const all = await roomOfThree()
    const other = await send(all, ['bob'])
    const id = await send(all, ['bob'])
    await edit(all, id, ['eve'])
    expect(await unread(all, eve)).toEqual([id])
    expect(await unread(all, bob)).toEqual([other])
    expect(await entries(all, bob)).toEqual([
      'NotificationCreated',
      'NotificationCreated',
      'NotificationsWithdrawn 1 of which 1 are left',
    ])
    await edit(all, id, ['bob', 'eve'])
    expect(await unread(all, bob)).toEqual([other, id])
    expect(await unread(all, eve)).toEqual([id])
  })

  test('again with the same mentions changes nothing', async () => {
    const all = await roomOfThree()
    const id = await send(all, ['bob'])
    const first = await edit(all, id, ['eve'], 'Hi')
    expect(await edit(all, id, ['eve'], 'Hi')).toEqual(first)
    expect(await unread(all, eve)).toEqual([id])
  })

  test('refuses more than 50 mentions', async () => {
    const many = Array.from({ length: 51 }, (_, index) => viewer(`user ${index}`))
    const all = await createFixture(ann, ...many)
    const create = `mutation { createRoom(input: { name: "Talk", kind: CHAT, visibility: PUBLIC }) {
      ... on RoomPayload { room { id } } } }`
    const room = { ...all, roomId: textAt(await all.run(ann, create), 'createRoom', 'room', 'id') }
    const id = await send(room)
    expect(
      await edit(
        room,
        id,
        many.map(({ user }) => user.id),
      ),
    ).toEqual({ editMessage: { code: 'INVALID_INPUT', field: 'mentions' } })
  })

  test('keeps the notification of a direct room, which mentions do not decide', async () => {
    const all = await directRoom()
    const id = await send(all, ['bob'])
    await edit(all, id, [])
    expect(await unread(all)).toEqual([id])
  })
})

describe('deleting a message', () => {
  test('withdraws its unread notifications, of all who were mentioned', async () => {
    const all = await roomOfThree()
    const [kept, gone] = [await send(all, ['bob']), await send(all, ['bob', 'eve'])]
    await remove(all, gone)
    expect(await unread(all, bob)).toEqual([kept])
    expect(await unread(all, eve)).toEqual([])
    expect(await entries(all, eve)).toEqual([
      'NotificationCreated',
      'NotificationsWithdrawn 1 of which 0 are left',
    ])
    await remove(all, gone)
    expect(await entries(all, eve)).toHaveLength(2)
  })

  test('withdraws the notification of a direct message', async () => {
    const all = await directRoom()
    await remove(all, await send(all))
    expect(await unread(all)).toEqual([])
    expect(await entries(all)).toEqual([
      'NotificationCreated',
      'NotificationsWithdrawn 1 of which 0 are left',
    ])
  })

  test('leaves a notification that was read', async () => {
    const all = await roomOfThree()
    const id = await send(all, ['bob'])
    const text = '{ viewer { notifications { edges { node { id } } } } }'
    const notificationId = textAt(
      await all.run(bob, text),
      'viewer',
      'notifications',
      'edges',
      0,
      'node',
      'id',
    )
    await all.run(bob, `mutation { markNotificationsRead(ids: ["${notificationId}"]) { __typename } }`)
    await remove(all, id)
    expect(await entries(all)).toEqual(['NotificationCreated', 'NotificationsRead 1 of which 0 are left'])
    expect(await all.run(bob, text)).toMatchObject({ viewer: { notifications: { edges: [{}] } } })
  })

  test('counts right where messages are sent, edited and deleted at once', async () => {
    const all = await roomOfThree()
    const ids = await Promise.all(Array.from({ length: 6 }, () => send(all, ['bob', 'eve'])))
    const [one = '', two = '', three = ''] = ids
    await Promise.all([remove(all, one), edit(all, two, ['eve']), edit(all, three, []), send(all, ['bob'])])
    expect(await unread(all, bob)).toHaveLength(4)
    expect(await unread(all, eve)).toHaveLength(4)
  })
})

describe('advanceReceipt', () => {
  const advance = ({ run, roomId }: Room, readThrough: number): Promise<Data> =>
    run(bob, `mutation { advanceReceipt(roomId: "${roomId}", readThrough: ${readThrough}) { __typename } }`)

  test('counts the notifications of the messages that it passes as read, in this room alone', async () => {
    const all = await roomOfThree()
    const elsewhere = { ...all, roomId: (await otherRoom(all)).roomId }
    const other = await send(elsewhere, ['bob'])
    await send(all, ['bob'])
    await send(all, ['bob', 'eve'])
    const third = await send(all, ['bob'])
    await advance(all, 2)
    expect(await unread(all)).toEqual([other, third])
    expect(await unread(all, eve)).toHaveLength(1)
    expect((await entries(all)).at(-1)).toBe('NotificationsRead 2 of which 2 are left')
    await advance(all, 3)
    expect(await unread(all)).toEqual([other])
  })

  test('counts those of a direct room', async () => {
    const all = await directRoom()
    await send(all)
    await advance(all, 1)
    expect(await unread(all)).toEqual([])
    expect(await entries(all)).toEqual(['NotificationCreated', 'NotificationsRead 1 of which 0 are left'])
  })

  async function otherRoom(all: Room): Promise<Room> {
    const create = `mutation { createRoom(input: { name: "Other", kind: CHAT, visibility: PUBLIC }) {
      ... on RoomPayload { room { id } } } }`
    const roomId = textAt(await all.run(ann, create), 'createRoom', 'room', 'id')
    await all.run(bob, `mutation { joinRoom(roomId: "${roomId}") { __typename } }`)
    return { ...all, roomId }
  }
})

describe('coming back to a room', () => {
  const come = async ({ run, roomId }: Room, how: 'leaveRoom' | 'joinRoom'): Promise<void> => {
    await run(bob, `mutation { ${how}(roomId: "${roomId}") { __typename } }`)
  }

  test('counts as read what a mark would have passed before', async () => {
    const all = await roomOfThree()
    const elsewhere = { ...all, roomId: 'room_global' }
    await come(elsewhere, 'joinRoom')
    await all.run(ann, 'mutation { joinRoom(roomId: "room_global") { __typename } }')
    const kept = await send(elsewhere, ['bob'])
    await send(all, ['bob'])
    await come(all, 'leaveRoom')
    expect(await unread(all)).toHaveLength(2)
    await come(all, 'joinRoom')
    expect(await unread(all)).toEqual([kept])
    expect((await entries(all)).slice(-1)).toEqual(['NotificationsRead 1 of which 1 are left'])
  })

  test('leaves unread what comes after', async () => {
    const all = await roomOfThree()
    await come(all, 'leaveRoom')
    await come(all, 'joinRoom')
    const id = await send(all, ['bob'])
    expect(await unread(all)).toEqual([id])
  })
})
