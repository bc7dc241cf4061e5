import { print } from 'graphql'
import { NotificationPartsFragmentDoc } from '../../../client/src/gql/graphql.ts'
import { liveNotifications, type Notification } from '../../../client/src/state/notifications.ts'
import { type Fixture, textAt, viewer } from '../fixtures.ts'
import { follow, give, oneOf, type Random, testState } from '../state-property.ts'

const ann = viewer('ann')
const bob = viewer('bob')
const service = viewer('service', 'SERVICE')
const USERS = [ann, bob]

const CREATE = `mutation { createRoom(input: { name: "Talk", kind: CHAT, visibility: PUBLIC }) {
  ... on RoomPayload { room { id } } } }`
const DIRECT = 'mutation { openDirectRoom(userId: "bob") { ... on RoomPayload { room { id } } } }'
const JOIN = 'mutation ($roomId: ID!) { joinRoom(roomId: $roomId) { __typename } }'
const NOTIFY = 'mutation ($input: NotifyInput!) { notify(input: $input) { __typename } }'
const READ = 'mutation ($ids: [ID!]!) { markNotificationsRead(ids: $ids) { __typename } }'
const SEND = `mutation ($input: SendMessageInput!) { sendMessage(input: $input) {
  ... on MessagePayload { message { id offset } } } }`
const EDIT = `mutation ($id: ID!, $mentions: [ID!]) {
  editMessage(messageId: $id, body: "Edited.", mentions: $mentions) { __typename } }`
const DELETE = 'mutation ($id: ID!) { deleteMessage(messageId: $id) { __typename } }'
const ADVANCE = `mutation ($roomId: ID!, $to: Int!) {
  advanceReceipt(roomId: $roomId, readThrough: $to) { __typename } }`
const UNREAD = `{ viewer { unreadNotifications
  notifications(first: 100, unreadOnly: true) { edges { node { ...NotificationParts } } } } }
  ${print(NotificationPartsFragmentDoc)}`

interface Answer {
  readonly viewer: {
    readonly unreadNotifications: number
    readonly notifications: { readonly edges: readonly { readonly node: Notification }[] }
  }
}

interface Sent {
  readonly sendMessage: { readonly message?: { readonly id: string; readonly offset: number } }
}

/** Fewer are unread than a snapshot has. */
const MOST_UNREAD = 90

async function openNotifications(all: Fixture, random: Random) {
  const roomId = textAt(await all.run(ann, CREATE), 'createRoom', 'room', 'id')
  await all.run(bob, JOIN, { roomId })
  const directId = textAt(await all.run(ann, DIRECT), 'openDirectRoom', 'room', 'id')
  const unreadOf = async (user: typeof ann) => {
    const { viewer } = (await all.run(user, UNREAD)) as Answer
    const unread = viewer.notifications.edges.map(({ node }) => node)
    return { unread, unreadCount: viewer.unreadNotifications }
  }
  const followed = USERS.map((reader) =>
    follow(all, random, {
      definition: liveNotifications(),
      reader,
      shown: (state) => state,
      asked: () => unreadOf(reader),
      entries: ['NotificationCreated', 'NotificationsRead', 'NotificationsWithdrawn'],
    }),
  )
  const messages: { readonly id: string; readonly offset: number; readonly roomId: string }[] = []

  async function read(user: typeof ann, value: number): Promise<unknown> {
    const { unread } = await unreadOf(user)
    const some = unread.filter((_each, index) => index > MOST_UNREAD / 2 || (index + value) % 4 === 0)
    return give(all, user, READ, { ids: some.map(({ id }) => id) })
  }

  async function act(step: number): Promise<unknown> {
    const [what, value, user] = [random(16), random(1000), oneOf(random, USERS)]
    if (step % 20 === 0) await Promise.all(USERS.map((each) => read(each, value)))
    const userIds = value % 3 === 0 ? ['ann', 'bob'] : [user.user.id]
    if (what < 3) {
      const input = { userIds, kind: 'CUSTOM', title: 'News', body: `Number ${step}`, data: { step } }
      return give(all, service, NOTIFY, { input: { ...input, idempotencyKey: `${step}` } })
    }
    if (what < 5) return read(user, value)
    const message = messages[value % (messages.length || 1)]
    if (what < 10 || message === undefined) {
      const place = value % 2 === 0 ? roomId : directId
      const input = { roomId: place, body: 'Hello', clientMessageId: `${step}`, mentions: userIds }
      const answer = (await give(all, user, SEND, { input })) as Sent | undefined
      const sent = answer?.sendMessage.message
      if (sent !== undefined) messages.push({ ...sent, roomId: place })
      return answer
    }
    const mentions = value % 2 === 0 ? [] : userIds
    if (what < 12) return give(all, user, EDIT, { id: message.id, mentions })
    if (what < 14) return give(all, user, DELETE, { id: message.id })
    return give(all, user, ADVANCE, { roomId: message.roomId, to: message.offset })
  }

  return { followed: await Promise.all(followed), act }
}

testState('notifications', [ann, bob, service], openNotifications)
