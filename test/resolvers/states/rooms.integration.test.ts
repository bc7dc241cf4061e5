import { print } from 'graphql'
import { type MemberRole, RoomPartsFragmentDoc } from '../../../client/src/gql/graphql.ts'
import { liveRoom, type MemberChange, type Room } from '../../../client/src/state/room.ts'
import { SYSTEM } from '../../../src/engine/kernel/actor.ts'
import { roomFamily } from '../../../src/features/rooms/family.ts'
import { asRoomId } from '../../../src/features/rooms/ids.ts'
import { type Fixture, textAt, viewer } from '../fixtures.ts'
import { follow, fromNow, give, oneOf, type Random, testState } from '../state-property.ts'

const owner = viewer('owner')
const admin = viewer('admin', 'ADMIN')
const GUESTS = ['ann', 'bob'].map((name) => viewer(name))

const CREATE = `mutation ($input: CreateRoomInput!) { createRoom(input: $input) { ... on RoomPayload { room { id } } } }`
const UPDATE = 'mutation ($input: UpdateRoomInput!) { updateRoom(input: $input) { __typename } }'
const STEPS = ['startRoom', 'pauseRoom', 'resumeRoom', 'endRoom'].map((field) => {
  return `mutation ($roomId: ID!) { ${field}(roomId: $roomId) { __typename } }`
})
const JOIN = 'mutation ($roomId: ID!) { joinRoom(roomId: $roomId) { __typename } }'
const LEAVE = 'mutation ($roomId: ID!) { leaveRoom(roomId: $roomId) { __typename } }'
const ADD = `mutation ($roomId: ID!, $userId: ID!, $role: MemberRole) {
  addMember(roomId: $roomId, userId: $userId, role: $role) { __typename } }`
const REMOVE = `mutation ($roomId: ID!, $userId: ID!) {
  removeMember(roomId: $roomId, userId: $userId, reason: "At random.") { __typename } }`
const MUTE = `mutation ($roomId: ID!, $userId: ID!, $until: DateTime) {
  muteMember(roomId: $roomId, userId: $userId, until: $until) { __typename } }`
const SHOWN = `query ($roomId: ID!) { room(id: $roomId) { ...RoomParts
  members(first: 100) { edges { node { user { id } role mutedUntil } } } } } ${print(RoomPartsFragmentDoc)}`

interface Member {
  readonly user: { readonly id: string }
  readonly role: MemberRole
  readonly mutedUntil: string | null
}

interface Answer {
  readonly room: Room & { readonly members: { readonly edges: readonly { readonly node: Member }[] } }
}

/** The list of members that a client read, with what changed since. */
function changed(members: readonly Member[], changes: ReadonlyMap<string, MemberChange>): readonly Member[] {
  const now = new Map(members.map((member) => [member.user.id, member]))
  for (const [id, { isMember, ...change }] of changes) {
    const { role, mutedUntil } = { ...now.get(id), ...change }
    if (!isMember) now.delete(id)
    else if (role !== undefined && mutedUntil !== undefined) now.set(id, { user: { id }, role, mutedUntil })
    else throw new Error(`the role of ${id} is not known`)
  }
  return [...now.values()].sort((one, other) => (one.user.id < other.user.id ? -1 : 1))
}

async function openRooms(all: Fixture, random: Random) {
  const rooms: string[] = []
  for (const plan of [{}, { startsAt: fromNow(1_000), endsAt: fromNow(3_000) }]) {
    const input = { name: 'Hall', kind: 'CHAT', visibility: 'PUBLIC', ...plan }
    rooms.push(textAt(await all.run(owner, CREATE, { input }), 'createRoom', 'room', 'id'))
  }
  const followed = rooms.map((roomId) => {
    const asked = async (): Promise<{ readonly room: Room; readonly members: readonly Member[] }> => {
      const { members, ...room } = ((await all.run(admin, SHOWN, { roomId })) as Answer).room
      return {
        room,
        members: changed(
          members.edges.map(({ node }) => node),
          new Map(),
        ),
      }
    }
    return follow(all, random, {
      definition: liveRoom(roomId),
      reader: admin,
      read: async () => (await asked()).members,
      shown: ({ room, changes }, _at, members = []) => ({ room, members: changed(members, changes) }),
      asked,
      entries: [
        ...['RoomUpdated', 'RoomStarted', 'RoomPaused', 'RoomResumed', 'RoomEnded'],
        ...['MemberJoined', 'MemberLeft', 'MemberRemoved', 'MemberMuted', 'MemberRoleChanged'],
      ],
    })
  })

  async function act(step: number): Promise<unknown> {
    const [roomId, guest, moderator] = [
      oneOf(random, rooms),
      oneOf(random, GUESTS),
      oneOf(random, [owner, admin]),
    ]
    const [what, value, isEnd] = [random(16), random(1000), random(25) === 0]
    const member = { roomId, userId: guest.user.id }
    switch (what) {
      case 0:
      case 1:
        return give(all, moderator, STEPS[value % 3] ?? '', { roomId })
      case 2:
        return isEnd ? give(all, moderator, STEPS[3] ?? '', { roomId }) : undefined
      case 3: {
        const visibility = oneOf(
          () => value % 6,
          ['PUBLIC', 'PUBLIC', 'PUBLIC', 'AUTHENTICATED', 'MEMBERS', 'ADMIN'],
        )
        return give(all, moderator, UPDATE, { input: { roomId, visibility } })
      }
      case 4:
        return give(all, moderator, UPDATE, { input: { roomId, name: `Hall ${step % 3}` } })
      case 5:
        return give(all, moderator, UPDATE, { input: { roomId, endsAt: isEnd ? fromNow(value) : null } })
      case 6:
        return all.services.dispatch(roomFamily, asRoomId(roomId), SYSTEM, { kind: 'applyDue' })
      case 7:
        return give(all, guest, JOIN, { roomId })
      case 8:
      case 9:
        return give(all, guest, LEAVE, { roomId })
      case 10:
        return give(all, moderator, REMOVE, member)
      case 11:
      case 12:
        return give(all, moderator, MUTE, { ...member, until: value % 2 === 0 ? null : fromNow(value - 400) })
      default:
        return give(all, moderator, ADD, { ...member, role: value % 2 === 0 ? 'MODERATOR' : 'MEMBER' })
    }
  }

  return { followed: await Promise.all(followed), act }
}

testState('rooms', [owner, admin, ...GUESTS], openRooms)
