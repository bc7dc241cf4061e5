import './dom.ts'
import { cleanup, renderHook, waitFor } from '@testing-library/react'
import { createElement, type ReactNode } from 'react'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { post } from '../../test/support/graphql-client.ts'
import { freshDatabase } from '../../test/support/postgres-shared.ts'
import { startProxy } from '../../test/support/proxy.ts'
import { type RestartingNode, startRestartingNode } from '../../test/support/restarting-node.ts'
import { makeAuction, makeRoom, placeBid } from '../../test/support/rooms.ts'
import { createLive, createRostrumClient, liveAuctions, type RostrumClient } from '../src/index.ts'
import {
  RostrumProvider,
  useAnnouncements,
  useAuction,
  useConnection,
  useMessages,
  useNotifications,
  usePresence,
  useRemaining,
  useRoom,
} from '../src/react/index.ts'
import { backoff } from './readers.ts'

let house: RestartingNode
let seller: string
let ann: string
let client: RostrumClient

beforeAll(async () => {
  house = await startRestartingNode({ databaseUrl: await freshDatabase() })
  seller = await house.node.token('seller', { roles: ['admin'] })
  ann = await house.node.token('ann')
  client = createRostrumClient({
    url: house.node.url,
    token: ann,
    backoff,
  })
})
afterEach(cleanup)
afterAll(async () => {
  await client.dispose()
  await house[Symbol.asyncDispose]()
})

const wrapper = ({ children }: { readonly children?: ReactNode }) =>
  createElement(RostrumProvider, { value: client }, children)

function show<Value>(hook: () => Value) {
  const { result, unmount } = renderHook(hook, { wrapper })
  return {
    unmount,
    async until(check: (value: Value) => void) {
      await waitFor(() => check(result.current), { timeout: 20_000 })
    },
    now: () => result.current,
  }
}

async function mutate(
  query: string,
  variables: Readonly<Record<string, unknown>>,
  token = seller,
): Promise<void> {
  const { data, errors } = await post(house.node.url, query, variables, token)
  expect(errors).toBeUndefined()
  expect(JSON.stringify(data)).not.toContain('Rejected')
}

const CANCEL =
  'mutation ($auctionId: ID!) { cancelAuction(auctionId: $auctionId, reason: "A test") { __typename } }'

describe('A list of auctions', () => {
  test('no longer has one that ended while the connection was away', async () => {
    const roomId = await makeRoom(house.node, seller)
    const [gone, kept] = [
      await makeAuction(house.node, seller, roomId),
      await makeAuction(house.node, seller, roomId),
    ]
    await using proxy = await startProxy(Number(new URL(house.node.url).port))
    const away = createRostrumClient({ url: `http://127.0.0.1:${proxy.port}`, token: ann, backoff })
    const list = createLive(away, liveAuctions(roomId))
    const stop = list.subscribe(() => {})
    const ids = (): readonly string[] => {
      const live = list.get()
      return live.kind === 'live' ? live.state.map(({ id }) => id) : []
    }
    await vi.waitFor(() => expect(ids()).toEqual([gone, kept]), { timeout: 5_000 })

    proxy.shut()
    await mutate(CANCEL, { auctionId: gone })
    proxy.open()
    await vi.waitFor(() => expect(ids()).toEqual([kept]), { timeout: 10_000 })
    stop()
    await away.dispose()
  })
})

describe('useAuction', () => {
  test('holds the auction and its bids, also over a server that is killed', async () => {
    const auctionId = await makeAuction(house.node, seller, await makeRoom(house.node, seller))
    const auction = show(() => useAuction(auctionId))
    expect(auction.now()).toEqual({ kind: 'loading' })
    await auction.until((live) => expect(live).toMatchObject({ kind: 'live', state: { bids: [] } }))

    for (let round = 0; round < 3; round += 1) {
      await placeBid(house.node, ann, { auctionId, amount: 500 + 1_000 * round })
      await house.crash()
    }
    await auction.until((live) =>
      expect(live).toMatchObject({
        kind: 'live',
        state: {
          auction: { bidCount: 3, currentPrice: 2_500, leader: { id: 'ann' } },
          bids: [{ amount: 2_500 }, { amount: 1_500 }, { amount: 500 }],
        },
      }),
    )
  })

  test('of an auction that there is not is refused', async () => {
    const auction = show(() => useAuction('no-such-auction'))
    await auction.until((live) =>
      expect(live).toMatchObject({ kind: 'refused', error: { code: 'NOT_FOUND' } }),
    )
  })

  test('shares one subscription among those who show the same', async () => {
    const subscribe = vi.spyOn(client, 'subscribe')
    const auctionId = await makeAuction(house.node, seller, await makeRoom(house.node, seller))
    const [first, second] = [show(() => useAuction(auctionId)), show(() => useAuction(auctionId))]
    await first.until(({ kind }) => expect(kind).toBe('live'))
    await second.until(({ kind }) => expect(kind).toBe('live'))

    expect(subscribe).toHaveBeenCalledTimes(1)
    subscribe.mockRestore()
  })
})

describe('In a room', () => {
  test('useMessages holds what was said, as it is now', async () => {
    const roomId = await makeRoom(house.node, seller)
    await mutate('mutation ($id: ID!) { joinRoom(roomId: $id) { __typename } }', { id: roomId }, ann)
    const messages = show(() => useMessages(roomId))
    const say = 'mutation ($i: SendMessageInput!) { sendMessage(input: $i) { __typename } }'
    for (const body of ['one', 'two']) {
      await mutate(say, { i: { roomId, body, clientMessageId: body } }, ann)
    }
    await messages.until((live) =>
      expect(live).toMatchObject({ state: { messages: [{ body: 'one' }, { body: 'two' }] } }),
    )
  })

  test('useRoom counts members, and usePresence who is there', async () => {
    const roomId = await makeRoom(house.node, seller)
    const room = show(() => ({ room: useRoom(roomId), presence: usePresence(roomId) }))
    await room.until((value) => expect(value.room.kind).toBe('live'))
    await mutate('mutation ($id: ID!) { joinRoom(roomId: $id) { __typename } }', { id: roomId }, ann)

    await room.until((value) =>
      expect(value).toMatchObject({
        room: { state: { room: { memberCount: 2 }, latest: { __typename: 'MemberJoined' } } },
        presence: { state: { count: 1, users: [{ user: { id: 'ann' } }] } },
      }),
    )
  })
})

describe('For who is signed in', () => {
  test('useAnnouncements holds those in force, and lets go of those that expire', async () => {
    const announcements = show(() => useAnnouncements())
    await announcements.until(({ kind }) => expect(kind).toBe('live'))
    const publish =
      'mutation ($i: PublishAnnouncementInput!) { publishAnnouncement(input: $i) { __typename } }'
    const expiresAt = new Date(Date.now() + 2_000).toISOString()
    const common = { audience: 'GLOBAL', severity: 'INFO', body: 'text' }
    await mutate(publish, { i: { ...common, title: 'short', expiresAt } })
    await mutate(publish, { i: { ...common, title: 'long' } })

    await announcements.until((live) =>
      expect(live).toMatchObject({ state: [{ title: 'long' }, { title: 'short' }] }),
    )
    await announcements.until((live) => expect(live).toMatchObject({ state: [{ title: 'long' }] }))
    expect(announcements.now()).toMatchObject({ state: { length: 1 } })
  })

  test('useNotifications holds what is unread', async () => {
    const notifications = show(() => useNotifications())
    await notifications.until((live) => expect(live).toMatchObject({ state: { unreadCount: 0 } }))
    const input = { userIds: ['ann'], title: 'Hello', body: 'there', kind: 'CUSTOM', idempotencyKey: 'n1' }
    await mutate('mutation ($i: NotifyInput!) { notify(input: $i) { __typename } }', { i: input })

    await notifications.until((live) =>
      expect(live).toMatchObject({ state: { unreadCount: 1, unread: [{ title: 'Hello' }] } }),
    )
  })
})

describe('The connection', () => {
  test('useConnection says what becomes of it', async () => {
    const connection = show(() => ({ connection: useConnection(), live: useAnnouncements() }))
    await connection.until((value) =>
      expect(value.connection).toMatchObject({ kind: 'connected', user: { id: 'ann' } }),
    )
  })

  test('useRemaining counts down by the server’s clock, to zero', async () => {
    const end = new Date(client.clock.now() + 1_000).toISOString()
    const remaining = show(() => useRemaining(end, 50))
    expect(remaining.now()).toBeGreaterThan(500)
    await remaining.until((ms) => expect(ms).toBe(0))
  })

  test('a hook without a provider says so', () => {
    const silence = vi.spyOn(console, 'error').mockImplementation(() => {})
    expect(() => renderHook(() => useConnection())).toThrow('RostrumProvider')
    silence.mockRestore()
  })
})
