import { print } from 'graphql'
import { MessagePartsFragmentDoc } from '../../../client/src/gql/graphql.ts'
import { liveMessages, type Message } from '../../../client/src/state/messages.ts'
import { type Fixture, textAt, viewer } from '../fixtures.ts'
import { follow, give, oneOf, type Random, testState } from '../state-property.ts'

const owner = viewer('owner')
const AUTHORS = [owner, ...['ann', 'bob', 'cid'].map((name) => viewer(name))]

const CREATE = `mutation { createRoom(input: { name: "Hall", kind: CHAT, visibility: PUBLIC }) {
  ... on RoomPayload { room { id } } } }`
const JOIN = 'mutation ($roomId: ID!) { joinRoom(roomId: $roomId) { __typename } }'
const SEND = 'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { __typename } }'
const EDIT = `mutation ($id: ID!, $body: String!, $mentions: [ID!]) {
  editMessage(messageId: $id, body: $body, mentions: $mentions) { __typename } }`
const DELETE = 'mutation ($id: ID!) { deleteMessage(messageId: $id) { __typename } }'
const REMOVE =
  'mutation ($roomId: ID!, $userId: ID!) { removeMember(roomId: $roomId, userId: $userId) { __typename } }'
const ADD =
  'mutation ($roomId: ID!, $userId: ID!) { addMember(roomId: $roomId, userId: $userId) { __typename } }'
const ADVANCE = `mutation ($roomId: ID!, $to: Int!) {
  advanceReceipt(roomId: $roomId, readThrough: $to) { __typename } }`
const LAST = `query ($roomId: ID!) { room(id: $roomId) {
  messages(last: 50) { edges { node { ...MessageParts } } }
  members(first: 100) { edges { node { user { id } readThrough } } } } }
  ${print(MessagePartsFragmentDoc)}`

interface Answer {
  readonly room: {
    readonly messages: { readonly edges: readonly { readonly node: Message }[] }
    readonly members: {
      readonly edges: readonly {
        readonly node: {
          readonly user: { readonly id: string }
          readonly readThrough: number
        }
      }[]
    }
  }
}

/** Counts of receipts are no part of a state: members who join and leave change them, and no entry of the messages says so. */
function shown({ deliveredCount: _delivered, readCount: _read, ...message }: Message): object {
  return message
}

/** Marks that pass no message make no entry. */
function readOf(messages: readonly Message[], readThrough: number): readonly string[] {
  return messages.filter(({ offset }) => offset <= readThrough).map(({ id }) => id)
}

/** The owner is a member all the time. */
function ownerIn({ members }: Answer['room']): { readonly readThrough: number } {
  const found = members.edges.find(({ node }) => node.user.id === owner.user.id)
  if (found === undefined) throw new Error('a room has its owner')
  return found.node
}

async function openMessages(all: Fixture, random: Random) {
  const roomId = textAt(await all.run(owner, CREATE), 'createRoom', 'room', 'id')
  for (const author of AUTHORS) await all.run(author, JOIN, { roomId })
  const last = async (): Promise<Answer['room']> => ((await all.run(owner, LAST, { roomId })) as Answer).room
  const followed = await follow(all, random, {
    definition: liveMessages(roomId),
    reader: null,
    read: async () => ownerIn(await last()).readThrough,
    shown({ messages, marks }, _at, readThrough = 0) {
      const latest = messages.slice(-50)
      const through = marks.get(owner.user.id)?.readThrough ?? readThrough
      return { messages: latest.map(shown), read: readOf(latest, through) }
    },
    async asked() {
      const room = await last()
      const latest = room.messages.edges.map(({ node }) => node)
      return { messages: latest.map(shown), read: readOf(latest, ownerIn(room).readThrough) }
    },
    entries: ['MessageSent', 'MessageEdited', 'MessageDeleted', 'ReceiptAdvanced'],
  })
  let sent: readonly Message[] = []

  async function act(step: number): Promise<unknown> {
    const author = oneOf(random, AUTHORS)
    const [what, which, mentioned, isReply] = [
      random(20),
      random(1000),
      oneOf(random, AUTHORS),
      random(4) === 0,
    ]
    if (step % 5 === 0) sent = (await last()).messages.edges.map(({ node }) => node)
    const message = sent[which % (sent.length || 1)]
    const mentions = which % 3 === 0 ? [mentioned.user.id] : []
    if (what < 9 || message === undefined) {
      const input = { roomId, body: `Words ${step}`, clientMessageId: `${step}`, mentions }
      return give(all, author, SEND, { input: { ...input, ...(isReply && { replyToId: message?.id }) } })
    }
    const { id, offset } = message
    if (what < 12) return give(all, author, EDIT, { id, body: `Better ${step % 7}`, mentions })
    if (what < 14) return give(all, author, DELETE, { id })
    if (what < 18) return give(all, author, ADVANCE, { roomId, to: offset })
    const member = { roomId, userId: mentioned.user.id }
    return give(all, owner, what === 18 ? REMOVE : ADD, member)
  }

  return { followed: [followed], act }
}

testState('messages', AUTHORS, openMessages)
