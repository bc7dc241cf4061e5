import { describe, expect, test } from 'vitest'
import {
  createFixture,
  entriesOf,
  type Fixture,
  guardOf,
  refusalOf,
  replay,
  snapshot,
  textAt,
  viewer,
} from './fixtures.ts'

const owner = viewer('owner')
const guest = viewer('guest')
const admin = viewer('admin', 'ADMIN')

const CREATE = `mutation ($input: CreateRoomInput!) { createRoom(input: $input) { __typename
  ... on RoomPayload { cursor room { id name phase cursor memberCount owner { id } membership { role } } }
  ... on Rejected { code field } } }`
const MEMBERSHIP = `{ __typename ... on MembershipPayload { cursor room { memberCount } membership { role user { id name } } }
  ... on Rejected { code field } }`
const ROOM_STATE = `subscription { roomState(roomId: "-") { __typename ... on Event { offset cursor at }
  ... on RoomSnapshot { reset room { name phase cursor memberCount } }
  ... on RoomUpdated { room { name memberCount members { totalCount edges { node { user { name } } } } } }
  ... on RoomPaused { room { phase } }
  ... on MemberJoined { user { id } memberCount role mutedUntil } ... on MemberLeft { user { id } memberCount }
  ... on MemberRemoved { user { id } memberCount reason } ... on MemberMuted { user { id } until mutedUntil }
  ... on MemberRoleChanged { user { id } role } } }`

async function createRoom({ run }: Fixture, visibility = 'PUBLIC', name = 'Hall'): Promise<string> {
  return textAt(
    await run(owner, CREATE, { input: { name, kind: 'CHAT', visibility } }),
    'createRoom',
    'room',
    'id',
  )
}

describe('creating a room', () => {
  test('makes the caller its owner, at a position before any entry', async () => {
    const { run } = await createFixture(owner)
    const answer = await run(owner, CREATE, {
      input: { name: ' Hall ', kind: 'CHAT', visibility: 'MEMBERS' },
    })
    expect(answer).toMatchObject({
      createRoom: {
        __typename: 'RoomPayload',
        room: {
          name: 'Hall',
          phase: 'LIVE',
          memberCount: 1,
          owner: { id: 'owner' },
          membership: { role: 'OWNER' },
        },
      },
    })
    expect(textAt(answer, 'createRoom', 'cursor')).toBe(textAt(answer, 'createRoom', 'room', 'cursor'))
  })

  test('again with the same key gives the same room, with another input IDEMPOTENCY_KEY_REUSED', async () => {
    const { run } = await createFixture(owner)
    const input = { name: 'Hall', kind: 'CHAT', visibility: 'PUBLIC', idempotencyKey: 'k' }
    const first = await run(owner, CREATE, { input })
    expect(await run(owner, CREATE, { input: { ...input, startsAt: null } })).toEqual(first)
    expect(await run(owner, CREATE, { input: { ...input, name: 'Other' } })).toEqual({
      createRoom: { __typename: 'Rejected', code: 'IDEMPOTENCY_KEY_REUSED', field: 'idempotencyKey' },
    })
  })

  test.each(['', 'x'.repeat(129)])('with the key %j is INVALID_INPUT', async (idempotencyKey) => {
    const { run } = await createFixture(owner)
    const input = { name: 'Hall', kind: 'CHAT', visibility: 'PUBLIC', idempotencyKey }
    expect(await run(owner, CREATE, { input })).toEqual({
      createRoom: { __typename: 'Rejected', code: 'INVALID_INPUT', field: 'idempotencyKey' },
    })
  })

  test('is UNAUTHENTICATED for a visitor and FORBIDDEN for what takes an administrator', async () => {
    const { codeOf } = await createFixture(owner)
    const input = { name: 'Hall', kind: 'LOBBY', visibility: 'PUBLIC' }
    expect(await codeOf(null, CREATE, { input })).toBe('UNAUTHENTICATED')
    expect(await codeOf(owner, CREATE, { input })).toBe('FORBIDDEN')
  })
})

describe('a room that the caller may not see', () => {
  test('does not exist for them', async () => {
    const all = await createFixture(owner)
    const id = await createRoom(all, 'MEMBERS')
    const query = `{ node(id: "${id}") { id } room(id: "${id}") { id } rooms { edges { node { id } } } }`
    expect(await all.run(guest, query)).toEqual({
      node: null,
      room: null,
      // Both were made with the database, maybe in the same millisecond.
      rooms: {
        edges: expect.toSatisfy((edges: readonly { readonly node: { readonly id: string } }[]) => {
          return (
            edges
              .map(({ node }) => node.id)
              .sort()
              .join() === 'room_authenticated,room_global'
          )
        }),
      },
    })
    expect(await all.run(guest, `mutation { joinRoom(roomId: "${id}") ${MEMBERSHIP} }`)).toMatchObject({
      joinRoom: { __typename: 'Rejected', code: 'NOT_FOUND' },
    })
    for (const field of ['messages', 'roomState']) {
      expect(await refusalOf(all.plan(guest, field, { roomId: id }))).toBe('NOT_FOUND')
    }
    expect(await all.run(owner, `{ node(id: "${id}") { __typename id } }`)).toEqual({
      node: { __typename: 'Room', id },
    })
  })

  test('with an id that nothing can have is BAD_USER_INPUT', async () => {
    const { codeOf, plan } = await createFixture()
    expect(await codeOf(null, 'query ($id: ID!) { room(id: $id) { id } }', { id: 'a\u0000b' })).toBe(
      'BAD_USER_INPUT',
    )
    expect(await refusalOf(plan(null, 'roomState', { roomId: 'a\u0000b' }))).toBe('BAD_USER_INPUT')
  })
})

describe('the members of a room', () => {
  test('join and leave, and the history shows it', async () => {
    const all = await createFixture(owner, guest)
    const id = await createRoom(all)
    expect(await all.run(guest, `mutation { joinRoom(roomId: "${id}") ${MEMBERSHIP} }`)).toMatchObject({
      joinRoom: { room: { memberCount: 2 }, membership: { role: 'MEMBER', user: { id: 'guest' } } },
    })
    await all.run(owner, `mutation { muteMember(roomId: "${id}", userId: "guest") ${MEMBERSHIP} }`)
    expect(await all.run(guest, `mutation { leaveRoom(roomId: "${id}") ${MEMBERSHIP} }`)).toMatchObject({
      leaveRoom: { room: { memberCount: 1 }, membership: null },
    })
    await all.run(owner, `mutation { pauseRoom(roomId: "${id}") { __typename } }`)
    const plan = await all.plan(null, 'roomState', { roomId: id })
    expect(await replay(all, plan, ROOM_STATE)).toMatchObject([
      { __typename: 'MemberJoined', offset: 1, user: { id: 'guest' }, memberCount: 2 },
      { __typename: 'MemberMuted', offset: 2, user: { id: 'guest' }, until: null },
      { __typename: 'MemberLeft', offset: 3, memberCount: 1 },
      { __typename: 'RoomPaused', offset: 4, room: { phase: 'PAUSED' } },
    ])
    expect(await snapshot(all, plan, ROOM_STATE)).toMatchObject({
      __typename: 'RoomSnapshot',
      offset: 4,
      reset: false,
      room: { phase: 'PAUSED', memberCount: 1 },
    })
  })

  test('get another role, and the history shows it', async () => {
    const all = await createFixture(owner, guest)
    const roomId = await createRoom(all)
    for (const role of ['MEMBER', 'MODERATOR', 'MODERATOR']) {
      const add = `mutation { addMember(roomId: "${roomId}", userId: "guest", role: ${role}) ${MEMBERSHIP} }`
      expect(await all.run(owner, add)).toMatchObject({ addMember: { membership: { role } } })
    }
    expect(await replay(all, await all.plan(guest, 'roomState', { roomId }), ROOM_STATE)).toMatchObject([
      { __typename: 'MemberJoined', user: { id: 'guest' }, memberCount: 2 },
      { __typename: 'MemberRoleChanged', user: { id: 'guest' }, role: 'MODERATOR' },
    ])
  })

  test('join with their role and with a mute that still applies, and the history shows it', async () => {
    const all = await createFixture(owner, guest)
    const roomId = await createRoom(all)
    const add = (role: string): Promise<unknown> =>
      all.run(
        owner,
        `mutation { addMember(roomId: "${roomId}", userId: "guest", role: ${role}) { __typename } }`,
      )
    await add('MEMBER')
    const mute = (until: string): Promise<unknown> =>
      all.run(
        owner,
        `mutation { muteMember(roomId: "${roomId}", userId: "guest", until: ${until}) { __typename } }`,
      )
    await mute('null')
    await mute('"2020-01-01T00:00:00.000Z"')
    await mute('null')
    await all.run(guest, `mutation { leaveRoom(roomId: "${roomId}") { __typename } }`)
    await add('MODERATOR')
    const forever = '9999-12-31T23:59:59.999Z'
    expect(await replay(all, await all.plan(guest, 'roomState', { roomId }), ROOM_STATE)).toMatchObject([
      { __typename: 'MemberJoined', role: 'MEMBER', mutedUntil: null },
      { __typename: 'MemberMuted', until: null, mutedUntil: forever },
      { __typename: 'MemberMuted', mutedUntil: null },
      { __typename: 'MemberMuted', until: null, mutedUntil: forever },
      { __typename: 'MemberLeft' },
      { __typename: 'MemberJoined', role: 'MODERATOR', mutedUntil: forever },
    ])
  })

  test('may be added before anyone has seen them, and exist from then on', async () => {
    const all = await createFixture(owner)
    const id = await createRoom(all, 'MEMBERS')
    const add = `mutation { addMember(roomId: "${id}", userId: "new", role: MODERATOR) ${MEMBERSHIP} }`
    expect(await all.run(owner, add)).toMatchObject({
      addMember: { membership: { role: 'MODERATOR', user: { id: 'new', name: 'new' } } },
    })
    expect(await all.run(owner, add)).toMatchObject({ addMember: { room: { memberCount: 2 } } })
    expect(await all.run(viewer('new'), `{ viewer { rooms { edges { node { id } } } } }`)).toEqual({
      viewer: { rooms: { edges: [{ node: { id } }] } },
    })
  })

  test('nobody may add are not created', async () => {
    const all = await createFixture(owner, guest)
    const id = await createRoom(all)
    const add = `mutation { addMember(roomId: "${id}", userId: "new") ${MEMBERSHIP} }`
    expect(await all.codeOf(guest, add)).toBe('FORBIDDEN')
    const mute = `mutation { muteMember(roomId: "${id}", userId: "new") ${MEMBERSHIP} }`
    expect(await all.run(owner, mute)).toMatchObject({ muteMember: { code: 'NOT_FOUND', field: 'userId' } })
    expect(
      await all.run(owner, `mutation { addMember(roomId: "${id}", userId: "") ${MEMBERSHIP} }`),
    ).toMatchObject({
      addMember: { code: 'INVALID_INPUT', field: 'userId' },
    })
  })

  test('are listed in order of joining, counted, and shown with their present names', async () => {
    const all = await createFixture(owner)
    const id = await createRoom(all)
    for (const name of ['c', 'a', 'b']) {
      await all.run(viewer(name), `mutation { joinRoom(roomId: "${id}") { __typename } }`)
    }
    const query = `query ($after: String) { room(id: "${id}") { members(first: 3, after: $after) {
      totalCount pageInfo { hasNextPage endCursor } edges { node { user { name } } } } } }`
    const first = await all.run(null, query)
    expect(first).toMatchObject({
      room: {
        members: {
          totalCount: 4,
          pageInfo: { hasNextPage: true },
          edges: ['OWNER', 'C', 'A'].map((name) => ({ node: { user: { name } } })),
        },
      },
    })
    const after = textAt(first, 'room', 'members', 'pageInfo', 'endCursor')
    expect(await all.run(null, query, { after })).toMatchObject({
      room: { members: { pageInfo: { hasNextPage: false }, edges: [{ node: { user: { name: 'B' } } }] } },
    })
    expect(await all.codeOf(null, query, { after: 'garbage' })).toBe('CURSOR_INVALID')
  })
})

describe('an entry of a room', () => {
  test('carries the room of its moment, with the current connections', async () => {
    const all = await createFixture(owner, guest)
    const id = await createRoom(all)
    for (const name of ['One', 'Two']) {
      await all.run(
        owner,
        `mutation { updateRoom(input: { roomId: "${id}", name: "${name}" }) { __typename } }`,
      )
    }
    await all.run(guest, `mutation { joinRoom(roomId: "${id}") { __typename } }`)
    const events = await replay(all, await all.plan(null, 'roomState', { roomId: id }), ROOM_STATE)
    const members = {
      totalCount: 2,
      edges: [{ node: { user: { name: 'OWNER' } } }, { node: { user: { name: 'GUEST' } } }],
    }
    expect(events).toMatchObject([
      { room: { name: 'One', memberCount: 1, members } },
      { room: { name: 'Two', memberCount: 1, members } },
      { __typename: 'MemberJoined' },
    ])
  })

  test('cannot be executed for all at once if it reads the viewer', async () => {
    const all = await createFixture(owner)
    const plan = await all.plan(null, 'roomState', { roomId: 'global' })
    const text = `subscription { roomState(roomId: "-") { ... on RoomSnapshot { room { membership { role } } } } }`
    await expect(snapshot(all, plan, text)).rejects.toThrow('is not marked with readsViewer')
  })
})

describe('the guard of a subscription to a room', () => {
  test('checks again when settings change or the reader leaves, and then finds who lost access', async () => {
    const all = await createFixture(owner, guest)
    const id = await createRoom(all, 'MEMBERS')
    await all.run(owner, `mutation { addMember(roomId: "${id}", userId: "guest") { __typename } }`)
    const guard = guardOf(await all.plan(guest, 'messages', { roomId: id }))
    expect(await guard.isAllowed()).toBe(true)
    await all.run(owner, `mutation { removeMember(roomId: "${id}", userId: "guest") { __typename } }`)
    await all.run(owner, `mutation { updateRoom(input: { roomId: "${id}", name: "New" }) { __typename } }`)
    const entries = await entriesOf(all, guard.topic)
    expect(entries.map((entry) => [entry.type, guard.concerns(entry)])).toEqual([
      ['MemberJoined', false],
      ['MemberRemoved', true],
      ['RoomUpdated', true],
    ])
    expect(await guard.isAllowed()).toBe(false)
  })
})

describe('lists of rooms', () => {
  test('are newest first, by kind and phase, page after page', async () => {
    const all = await createFixture(owner)
    const ids: string[] = []
    for (let count = 0; count < 5; count++) ids.push(await createRoom(all))
    await all.run(owner, `mutation { endRoom(roomId: "${ids[2]}") { __typename } }`)
    const query = `query ($after: String) { rooms(first: 2, after: $after, kind: CHAT, phase: LIVE) {
      pageInfo { hasNextPage endCursor } edges { node { id } } } }`
    const first = await all.run(admin, query)
    expect(first).toMatchObject({
      rooms: { pageInfo: { hasNextPage: true }, edges: [{ node: { id: ids[4] } }, { node: { id: ids[3] } }] },
    })
    expect(
      await all.run(admin, query, { after: textAt(first, 'rooms', 'pageInfo', 'endCursor') }),
    ).toMatchObject({
      rooms: {
        pageInfo: { hasNextPage: false },
        edges: [{ node: { id: ids[1] } }, { node: { id: ids[0] } }],
      },
    })
    expect(await all.codeOf(admin, '{ rooms(first: 101) { edges { cursor } } }')).toBe('BAD_USER_INPUT')
  })
})
