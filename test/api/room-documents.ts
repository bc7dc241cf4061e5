import type { Person, Rejected } from './auction-documents.ts'

const ROOM = `id name kind visibility phase owner { id } createdAt startsAt endsAt startedAt endedAt memberCount disclosure`
const REJECTED = `... on Rejected { code reason field }`
const ROOM_RESULT = `__typename ... on RoomPayload { cursor room { ${ROOM} cursor messagesCursor } } ${REJECTED}`
const MEMBERSHIP_RESULT = `__typename ... on MembershipPayload {
    cursor room { ${ROOM} cursor } membership { user { id } role joinedAt mutedUntil deliveredThrough readThrough unreadCount }
  } ${REJECTED}`

export const CREATE_ROOM = `mutation ($input: CreateRoomInput!) { createRoom(input: $input) { ${ROOM_RESULT} } }`
export const UPDATE_ROOM = `mutation ($input: UpdateRoomInput!) { updateRoom(input: $input) { ${ROOM_RESULT} } }`
export const START_ROOM = `mutation ($roomId: ID!) { startRoom(roomId: $roomId) { ${ROOM_RESULT} } }`
export const PAUSE_ROOM = `mutation ($roomId: ID!) { pauseRoom(roomId: $roomId) { ${ROOM_RESULT} } }`
export const RESUME_ROOM = `mutation ($roomId: ID!) { resumeRoom(roomId: $roomId) { ${ROOM_RESULT} } }`
export const END_ROOM = `mutation ($roomId: ID!) { endRoom(roomId: $roomId) { ${ROOM_RESULT} } }`
export const JOIN_ROOM = `mutation ($roomId: ID!) { joinRoom(roomId: $roomId) { ${MEMBERSHIP_RESULT} } }`
export const LEAVE_ROOM = `mutation ($roomId: ID!) { leaveRoom(roomId: $roomId) { ${MEMBERSHIP_RESULT} } }`
export const ADD_MEMBER = `mutation ($roomId: ID!, $userId: ID!, $role: MemberRole) {
  addMember(roomId: $roomId, userId: $userId, role: $role) { ${MEMBERSHIP_RESULT} } }`
export const REMOVE_MEMBER = `mutation ($roomId: ID!, $userId: ID!, $reason: String) {
  removeMember(roomId: $roomId, userId: $userId, reason: $reason) { ${MEMBERSHIP_RESULT} } }`
export const MUTE_MEMBER = `mutation ($roomId: ID!, $userId: ID!, $until: DateTime) {
  muteMember(roomId: $roomId, userId: $userId, until: $until) { ${MEMBERSHIP_RESULT} } }`
export const OPEN_DIRECT_ROOM = `mutation ($userId: ID!) { openDirectRoom(userId: $userId) { ${ROOM_RESULT} } }`
export const ADVANCE_RECEIPT = `mutation ($roomId: ID!, $deliveredThrough: Int, $readThrough: Int) {
  advanceReceipt(roomId: $roomId, deliveredThrough: $deliveredThrough, readThrough: $readThrough) { ${MEMBERSHIP_RESULT} } }`

export const ROOM_QUERY = `query ($id: ID!) { room(id: $id) { ${ROOM} cursor messagesCursor membership { role mutedUntil } } }`
export const NODE_QUERY = `query ($id: ID!) { node(id: $id) { __typename id } }`

export const ROOM_STATE = `subscription ($roomId: ID!, $after: Cursor) { roomState(roomId: $roomId, after: $after) {
  __typename
  ... on Event { offset cursor at }
  ... on RoomSnapshot { reset room { ${ROOM} cursor } }
  ... on RoomStarted { room { ${ROOM} } }
  ... on RoomPaused { room { ${ROOM} } }
  ... on RoomResumed { room { ${ROOM} } }
  ... on RoomEnded { room { ${ROOM} } }
  ... on RoomUpdated { room { ${ROOM} } }
  ... on MemberJoined { user { id name } memberCount }
  ... on MemberLeft { user { id name } memberCount }
  ... on MemberRemoved { user { id name } memberCount reason }
  ... on MemberMuted { user { id name } until }
} }`

export interface Room {
  readonly id: string
  readonly name: string
  readonly phase: string
  readonly memberCount: number
  readonly cursor: string
  readonly messagesCursor: string
}

export interface RoomAnswer extends Rejected {
  readonly cursor: string
  readonly room: Room
}

export interface MembershipAnswer extends RoomAnswer {
  readonly membership: {
    readonly user: Person
    readonly role: string
    readonly joinedAt: string
    readonly mutedUntil: string | null
    readonly deliveredThrough: number
    readonly readThrough: number
    readonly unreadCount: number
  } | null
}

export interface RoomEntry {
  readonly __typename: string
  readonly offset: number
  readonly cursor: string
  readonly at: string
  readonly reset?: boolean
  readonly room?: Room
  readonly user?: Person
  readonly memberCount?: number
  readonly reason?: string | null
  readonly until?: string | null
}

const MESSAGE = `id roomId author { id } body mentions { id } replyToId offset sentAt editedAt deletedAt`
const MESSAGE_RESULT = `__typename ... on MessagePayload { cursor message { ${MESSAGE} } } ${REJECTED}`

export const SEND = `mutation ($input: SendMessageInput!) { sendMessage(input: $input) { ${MESSAGE_RESULT} } }`
export const EDIT = `mutation ($id: ID!, $body: String!) { editMessage(messageId: $id, body: $body) { ${MESSAGE_RESULT} } }`
export const DELETE = `mutation ($id: ID!) { deleteMessage(messageId: $id) { ${MESSAGE_RESULT} } }`

export const MESSAGES = `subscription ($roomId: ID!, $after: Cursor) { messages(roomId: $roomId, after: $after) {
  __typename
  ... on Event { offset cursor at }
  ... on MessagesSnapshot { reset messages { ${MESSAGE} } }
  ... on MessageSent { message { ${MESSAGE} } }
  ... on MessageEdited { message { ${MESSAGE} } }
  ... on MessageDeleted { message { ${MESSAGE} } }
  ... on ReceiptAdvanced { user { id } deliveredThrough readThrough }
} }`

export const MESSAGE_PAGE = `query ($id: ID!, $first: Int, $after: String, $last: Int, $before: String) { room(id: $id) {
  messagesCursor
  messages(first: $first, after: $after, last: $last, before: $before) {
    edges { cursor node { ${MESSAGE} } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
} }`

export interface Message {
  readonly id: string
  readonly author: Person
  readonly body: string | null
  readonly mentions: readonly Person[]
  readonly replyToId: string | null
  readonly offset: number
  readonly sentAt: string
  readonly editedAt: string | null
  readonly deletedAt: string | null
}

export interface MessageAnswer extends Rejected {
  readonly cursor: string
  readonly message: Message
}

export interface MessageEntry {
  readonly __typename: string
  readonly offset: number
  readonly cursor: string
  readonly at: string
  readonly reset?: boolean
  readonly message?: Message
  readonly messages?: readonly Message[]
  readonly user?: Person
  readonly deliveredThrough?: number
  readonly readThrough?: number
}

export interface PageInfo {
  readonly hasNextPage: boolean
  readonly hasPreviousPage: boolean
  readonly startCursor: string | null
  readonly endCursor: string | null
}

export interface Page<Node> {
  readonly edges: readonly { readonly cursor: string; readonly node: Node }[]
  readonly pageInfo: PageInfo
}
