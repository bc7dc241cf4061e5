import { describe, expect, test } from 'vitest'
import { createFixture, replay, snapshot, textAt, viewer } from './fixtures.ts'

const admin = viewer('admin', 'ADMIN')
const service = viewer('service', 'SERVICE')
const user = viewer('user')

const PUBLISH = `mutation ($input: PublishAnnouncementInput!) { publishAnnouncement(input: $input) { __typename
  ... on AnnouncementPayload { cursor announcement { id audience severity title roomId retractedAt } }
  ... on Rejected { code field } } }`
const LIVE = `subscription { announcements { __typename ... on Event { offset }
  ... on AnnouncementsSnapshot { announcements { title } }
  ... on AnnouncementPublished { announcement { title } } ... on AnnouncementRetracted { announcement { title } } } }`
const LIST = '{ announcements { edges { node { title } } } }'

const listed = (...titles: readonly string[]) => ({
  announcements: { edges: titles.map((title) => ({ node: { title } })) },
})

/** One announcement to each audience but ROOM, titled by it. */
async function published() {
  const all = await createFixture()
  for (const audience of ['GLOBAL', 'AUTHENTICATED', 'ADMIN']) {
    await all.run(service, PUBLISH, { input: { audience, title: audience, body: 'b' } })
  }
  return all
}

describe('announcements', () => {
  test('are listed newest first to those they are meant for', async () => {
    const { run } = await published()
    expect(await run(null, LIST)).toEqual(listed('GLOBAL'))
    expect(await run(user, LIST)).toEqual(listed('AUTHENTICATED', 'GLOBAL'))
    expect(await run(admin, LIST)).toEqual(listed('ADMIN', 'AUTHENTICATED', 'GLOBAL'))
  })

  test('reach, live and in a snapshot, those they are meant for, and no others', async () => {
    const all = await published()
    const plan = await all.plan(null, 'announcements', {})
    const titles = async (reader: typeof user | null): Promise<unknown> => replay(all, plan, LIVE, reader)
    expect(await titles(null)).toMatchObject([{ offset: 1, announcement: { title: 'GLOBAL' } }])
    expect(await titles(user)).toHaveLength(2)
    expect(await titles(admin)).toHaveLength(3)
    expect(await snapshot(all, plan, LIVE, user)).toMatchObject({
      __typename: 'AnnouncementsSnapshot',
      offset: 3,
      announcements: [{ title: 'GLOBAL' }, { title: 'AUTHENTICATED' }],
    })
    expect(await snapshot(all, plan, LIVE)).toMatchObject({ offset: 3, announcements: [{ title: 'GLOBAL' }] })
  })

  test('to a room reach its members', async () => {
    const all = await createFixture(user)
    const create = `mutation { createRoom(input: { name: "r", kind: CHAT, visibility: MEMBERS }) {
      ... on RoomPayload { room { id } } } }`
    const roomId = textAt(await all.run(user, create), 'createRoom', 'room', 'id')
    const input = { audience: 'ROOM', roomId, title: 'Here', body: 'b', severity: 'CRITICAL' }
    expect(await all.run(user, PUBLISH, { input })).toMatchObject({
      publishAnnouncement: { announcement: { roomId, severity: 'CRITICAL', retractedAt: null } },
    })
    const plan = await all.plan(null, 'announcements', {})
    expect(await replay(all, plan, LIVE, user)).toHaveLength(1)
    expect(await replay(all, plan, LIVE, viewer('other'))).toEqual([])
    expect(await all.run(viewer('other'), LIST)).toEqual(listed())
    expect(await all.run(user, LIST)).toEqual(listed('Here'))
  })

  test('disappear when retracted, and their readers are notified', async () => {
    const all = await published()
    const input = { audience: 'GLOBAL', title: 'Oops', body: 'b' }
    const answer = await all.run(service, PUBLISH, { input })
    const id = textAt(answer, 'publishAnnouncement', 'announcement', 'id')
    const retract = `mutation { retractAnnouncement(announcementId: "${id}") {
      ... on AnnouncementPayload { announcement { retractedAt } } ... on Rejected { code } } }`
    expect(await all.codeOf(user, retract)).toBe('FORBIDDEN')
    await all.run(admin, retract)
    expect(await all.run(null, LIST)).toEqual(listed('GLOBAL'))
    const plan = await all.plan(null, 'announcements', {})
    expect((await replay(all, plan, LIVE)).at(-1)).toMatchObject({
      __typename: 'AnnouncementRetracted',
      announcement: { title: 'Oops' },
    })
  })

  test('are shown again to a publisher who retries, also where the audience is another', async () => {
    const all = await createFixture()
    const input = { audience: 'ADMIN', title: 'For admins', body: 'b', idempotencyKey: 'k' }
    const first = await all.run(service, PUBLISH, { input })
    expect(first).toMatchObject({ publishAnnouncement: { __typename: 'AnnouncementPayload' } })
    expect(await all.run(service, PUBLISH, { input })).toEqual(first)
  })
})
