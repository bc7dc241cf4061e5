import { print } from 'graphql'
import { AnnouncementPartsFragmentDoc } from '../../../client/src/gql/graphql.ts'
import { type Announcement, inForce, liveAnnouncements } from '../../../client/src/state/announcements.ts'
import { type Fixture, textAt, viewer } from '../fixtures.ts'
import { follow, fromNow, give, oneOf, type Random, testState } from '../state-property.ts'

const owner = viewer('owner')
const ann = viewer('ann')
const bob = viewer('bob')
const admin = viewer('admin', 'ADMIN')

const CREATE = `mutation { createRoom(input: { name: "Hall", kind: CHAT, visibility: MEMBERS }) {
  ... on RoomPayload { room { id } } } }`
const PUBLISH = `mutation ($input: PublishAnnouncementInput!) { publishAnnouncement(input: $input) {
  ... on AnnouncementPayload { announcement { id } } } }`
const RETRACT = 'mutation ($id: ID!) { retractAnnouncement(announcementId: $id) { __typename } }'
const UPDATE = 'mutation ($input: UpdateRoomInput!) { updateRoom(input: $input) { __typename } }'
const ADD =
  'mutation ($roomId: ID!, $userId: ID!) { addMember(roomId: $roomId, userId: $userId) { __typename } }'
const REMOVE =
  'mutation ($roomId: ID!, $userId: ID!) { removeMember(roomId: $roomId, userId: $userId) { __typename } }'
const SHOWN = `{ announcements(first: 100) { edges { node { ...AnnouncementParts } } } }
  ${print(AnnouncementPartsFragmentDoc)}`

interface Answer {
  readonly announcements: { readonly edges: readonly { readonly node: Announcement }[] }
}

/** The queries answer a hundred. */
const latest = (announcements: readonly Announcement[]) => announcements.slice(0, 100)

async function openAnnouncements(all: Fixture, random: Random) {
  const rooms = [1, 2].map(async () => textAt(await all.run(owner, CREATE), 'createRoom', 'room', 'id'))
  const roomIds = await Promise.all(rooms)
  const followed = [null, ann, bob, admin].map((reader) =>
    follow(all, random, {
      definition: liveAnnouncements(),
      reader,
      shown: (announcements, at) => latest(inForce(announcements, at)),
      async asked(at) {
        const { announcements } = (await all.run(reader, SHOWN)) as Answer
        const found = announcements.edges.map(({ node }) => node)
        return latest(inForce(found, at))
      },
      entries: ['AnnouncementPublished', 'AnnouncementRetracted', 'reset'],
    }),
  )
  const published: string[] = []

  async function act(step: number): Promise<unknown> {
    const [what, value, roomId, member] = [
      random(16),
      random(1000),
      oneOf(random, roomIds),
      oneOf(random, [ann, bob]),
    ]
    const userId = member.user.id
    if (what < 3) return give(all, owner, ADD, { roomId, userId })
    if (what < 5) return give(all, owner, REMOVE, { roomId, userId })
    if (what === 5) {
      const visibility = oneOf(() => value % 5, ['MEMBERS', 'MEMBERS', 'MEMBERS', 'AUTHENTICATED', 'PUBLIC'])
      return give(all, owner, UPDATE, { input: { roomId, visibility, name: `Hall ${step % 2}` } })
    }
    const id = published[value % (published.length || 1)]
    if (what < 9 && id !== undefined) return give(all, what < 8 ? admin : owner, RETRACT, { id })
    const audience = oneOf(() => value % 5, ['GLOBAL', 'AUTHENTICATED', 'ADMIN', 'ROOM', 'ROOM'])
    const input = {
      audience,
      title: `Number ${step}`,
      body: 'At random.',
      ...(audience === 'ROOM' && { roomId }),
    }
    const expiry = value % 3 === 0 ? {} : { expiresAt: fromNow(20 + (value % 7) * 100) }
    const answer = await give(all, audience === 'ROOM' ? owner : admin, PUBLISH, {
      input: { ...input, ...expiry },
    })
    if (JSON.stringify(answer)?.includes('"id"')) {
      published.push(textAt(answer, 'publishAnnouncement', 'announcement', 'id'))
    }
    return answer
  }

  return { followed: await Promise.all(followed), act }
}

testState('announcements', [owner, ann, bob, admin], openAnnouncements)
