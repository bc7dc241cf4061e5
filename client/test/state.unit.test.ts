import { describe, expect, test } from 'vitest'
import { inForce, liveAnnouncements } from '../src/state/announcements.ts'
import { liveAuction } from '../src/state/auction.ts'
import { liveAuctions } from '../src/state/auctions.ts'
import { liveAuctionLeaderboard, liveRoomLeaderboard } from '../src/state/leaderboard.ts'
import type { LiveDefinition } from '../src/state/live.ts'
import { liveMessages } from '../src/state/messages.ts'
import { liveNotifications } from '../src/state/notifications.ts'
import { liveOrders } from '../src/state/orders.ts'
import { livePositions } from '../src/state/positions.ts'
import { liveRoom } from '../src/state/room.ts'
import { liveStatuses } from '../src/state/statuses.ts'

/** What is left of `State` when the results came one after another. Of each entry, only what matters is said. */
function after<State, Result, Variables>(
  { reduce }: LiveDefinition<State, Result, Variables>,
  ...results: readonly object[]
): State {
  const [first, ...others] = results as readonly Result[]
  if (first === undefined) throw new RangeError('something has to come')
  return others.reduce((state, result) => reduce(state, result), reduce(undefined, first))
}

const user = (id: string) => ({ id, name: id })

describe('The state of an auction', () => {
  const auction = (currentPrice: number | null) => ({ id: 'a', currentPrice })
  const bid = (id: string, voidedAt: string | null = null) => ({ id, voidedAt })
  const snapshot = (...ids: readonly string[]) => ({
    bids: {
      __typename: 'AuctionSnapshot',
      auction: { ...auction(100), bids: { edges: ids.map((id) => ({ node: bid(id) })) } },
    },
  })
  const placed = (id: string, price: number) => ({
    bids: { __typename: 'BidPlaced', bid: bid(id), auction: auction(price) },
  })

  test('begins with the snapshot, and puts each bid before the others', () => {
    const state = after(liveAuction('a'), snapshot('b2', 'b1'), placed('b3', 300))
    expect(state).toMatchObject({ auction: auction(300), bids: [bid('b3'), bid('b2'), bid('b1')] })
    expect(state.auction).not.toHaveProperty('bids')
  })

  test('begins again with a reset', () => {
    expect(after(liveAuction('a'), snapshot('b1'), placed('b2', 200), snapshot('b9')).bids).toEqual([
      bid('b9'),
    ])
  })

  test('marks all bids that were voided, and keeps those that it does not hold for earlier pages', () => {
    const bids = [bid('b0', 'now'), bid('b1', 'now'), bid('b3', 'now')]
    const voided = { __typename: 'BidVoided', bid: bid('b1', 'now'), bids, auction: auction(null) }
    const state = after(liveAuction('a'), snapshot('b3', 'b2', 'b1'), { bids: voided })
    expect(state).toMatchObject({
      auction: auction(null),
      bids: [bid('b3', 'now'), bid('b2'), bid('b1', 'now')],
    })
    expect([...state.voided]).toEqual([['b0', bid('b0', 'now')]])
    expect(after(liveAuction('a'), snapshot('b3'), { bids: voided }, snapshot('b3')).voided.size).toBe(0)
  })

  test('keeps the bids when something else happens, and says what', () => {
    const extended = { __typename: 'AuctionExtended', auction: auction(100) }
    const state = after(liveAuction('a'), snapshot('b1'), { bids: extended })
    expect([state.bids, state.latest]).toEqual([[bid('b1')], extended])
  })

  test('holds 200 bids', () => {
    const many = Array.from({ length: 300 }, (_, index) => placed(`b${index}`, index))
    const { bids } = after(liveAuction('a'), snapshot(), ...many)
    expect([bids.length, bids[0]?.id]).toEqual([200, 'b299'])
  })
})

describe('The state of a list of auctions', () => {
  test('has the latest of each, in the order in which they end', () => {
    const update = (id: string, endsAt: string, title = '') => ({ auctionUpdates: { id, endsAt, title } })
    const state = after(
      liveAuctions('r'),
      update('a', '3'),
      update('b', '2'),
      update('c', '2'),
      update('a', '1', 'new'),
    )
    expect(state).toEqual([
      { id: 'a', endsAt: '1', title: 'new' },
      { id: 'b', endsAt: '2', title: '' },
      { id: 'c', endsAt: '2', title: '' },
    ])
  })

  test('lets go of the oldest of those that are over, and of none that is not', () => {
    const ended = Array.from({ length: 105 }, (_, index) => ({
      auctionUpdates: { id: `${index}`, endsAt: String(1000 + index), phase: 'SOLD' },
    }))
    const open = { auctionUpdates: { id: 'open', endsAt: '0', phase: 'PAUSED' } }
    const state = after(liveAuctions('r'), open, ...ended)
    expect([state.length, state[0]?.id, state[1]?.id]).toEqual([101, 'open', '5'])
  })
})

describe('The state of messages', () => {
  const message = (id: string, offset: number, body: string | null = id) => ({ id, offset, body })
  const snapshot = {
    messages: { __typename: 'MessagesSnapshot', messages: [message('m2', 2), message('m1', 1)] },
  }
  const entry = (type: string, changed: object) => ({ messages: { __typename: type, message: changed } })

  test('has them oldest first, as they are now', () => {
    const state = after(
      liveMessages('r'),
      snapshot,
      entry('MessageSent', message('m3', 3)),
      entry('MessageEdited', message('m1', 1, 'better')),
      entry('MessageDeleted', message('m2', 2, null)),
    )
    expect(state.messages).toEqual([message('m1', 1, 'better'), message('m2', 2, null), message('m3', 3)])
  })

  test('keeps changes of messages that it does not hold, for earlier pages', () => {
    const deleted = entry('MessageDeleted', message('m0', 0, null))
    const state = after(liveMessages('r'), snapshot, deleted)
    expect(state.messages.map(({ id }) => id)).toEqual(['m1', 'm2'])
    expect([...state.changed]).toEqual([['m0', message('m0', 0, null)]])
    expect(after(liveMessages('r'), snapshot, deleted, snapshot).changed.size).toBe(0)
  })

  test('knows how far others have got', () => {
    const receipt = (readThrough: number) => ({
      messages: { __typename: 'ReceiptAdvanced', user: user('ann'), deliveredThrough: 2, readThrough },
    })
    const { marks } = after(liveMessages('r'), snapshot, receipt(1), receipt(2))
    expect([...marks]).toEqual([['ann', { deliveredThrough: 2, readThrough: 2 }]])
  })
})

describe('The state of a room', () => {
  const room = (phase: string, memberCount = 1) => ({ id: 'r', phase, memberCount })
  const entry = (type: string, more: object) => ({ roomState: { __typename: type, ...more } })

  test('follows its phase and counts its members', () => {
    const state = after(
      liveRoom('r'),
      entry('RoomSnapshot', { room: room('LIVE') }),
      entry('MemberJoined', { user: user('ann'), memberCount: 2 }),
      entry('MemberMuted', { user: user('ann'), until: null }),
    )
    expect(state).toMatchObject({ room: room('LIVE', 2), latest: { __typename: 'MemberMuted' } })
    expect(after(liveRoom('r'), entry('RoomEnded', { room: room('ENDED') })).room).toEqual(room('ENDED'))
  })

  test('knows what changed of its members, from each snapshot on', () => {
    const entries = [
      entry('RoomSnapshot', { room: room('LIVE') }),
      entry('MemberJoined', { user: user('ann'), memberCount: 2, role: 'MEMBER', mutedUntil: null }),
      entry('MemberMuted', { user: user('ann'), until: '9', mutedUntil: '9' }),
      entry('MemberRoleChanged', { user: user('ann'), role: 'MODERATOR' }),
      entry('MemberRoleChanged', { user: user('ben'), role: 'MEMBER' }),
      entry('MemberLeft', { user: user('cid'), memberCount: 1 }),
      entry('RoomPaused', { room: room('PAUSED') }),
    ]
    expect([...after(liveRoom('r'), ...entries).changes.values()]).toEqual([
      { user: user('ann'), isMember: true, role: 'MODERATOR', mutedUntil: '9' },
      { user: user('ben'), isMember: true, role: 'MEMBER' },
      { user: user('cid'), isMember: false },
    ])
    const begun = after(liveRoom('r'), ...entries, entry('RoomSnapshot', { room: room('LIVE') }))
    expect(begun.changes.size).toBe(0)
  })
})

describe('The state of statuses', () => {
  const status = (subjectId: string, updatedAt: string, state = '') => ({ subjectId, updatedAt, state })
  const entry = (type: string, more: object) => ({ statuses: { __typename: type, ...more } })

  test('has the latest of each subject, the latest change first, without those that were lost', () => {
    const state = after(
      liveStatuses('UPLOAD'),
      entry('StatusesSnapshot', { statuses: [status('b', '1'), status('a', '1'), status('c', '2')] }),
      entry('StatusChanged', { status: status('b', '3', 'new') }),
      entry('StatusRemoved', { subjectId: 'a' }),
    )
    expect(state).toEqual([status('b', '3', 'new'), status('c', '2')])
  })
})

describe('The state of announcements', () => {
  const announcement = (id: string, publishedAt: string, expiresAt: string | null = null) => ({
    id,
    publishedAt,
    expiresAt,
  })
  const [first, second, third] = [
    announcement('1', '1'),
    announcement('2', '2'),
    announcement('3', '3', '1970-01-01T00:00:01Z'),
  ]

  test('has the newest first, without those that were retracted', () => {
    const state = after(
      liveAnnouncements(),
      { announcements: { __typename: 'AnnouncementsSnapshot', announcements: [first, second] } },
      { announcements: { __typename: 'AnnouncementPublished', announcement: third } },
      { announcements: { __typename: 'AnnouncementRetracted', announcement: second } },
    )
    expect(state).toEqual([third, first])
    expect(inForce(state, 999)).toEqual([third, first])
    expect(inForce(state, 1_000)).toEqual([first])
  })
})

describe('The state of notifications', () => {
  const notification = (id: string) => ({ id, createdAt: id })
  test('has what is unread, the newest first, and counts it', () => {
    const state = after(
      liveNotifications(),
      {
        notifications: {
          __typename: 'NotificationsSnapshot',
          unread: [notification('1'), notification('2')],
          unreadCount: 2,
        },
      },
      { notifications: { __typename: 'NotificationCreated', notification: notification('3') } },
      { notifications: { __typename: 'NotificationsRead', ids: ['2'], unreadCount: 2 } },
    )
    expect(state).toEqual({ unread: [notification('3'), notification('1')], unreadCount: 2 })
  })

  test('counts also what a snapshot does not have', () => {
    const state = after(
      liveNotifications(),
      {
        notifications: { __typename: 'NotificationsSnapshot', unread: [notification('1')], unreadCount: 500 },
      },
      { notifications: { __typename: 'NotificationCreated', notification: notification('2') } },
    )
    expect(state).toEqual({ unread: [notification('2'), notification('1')], unreadCount: 501 })
  })

  test('loses what was withdrawn', () => {
    const state = after(
      liveNotifications(),
      {
        notifications: {
          __typename: 'NotificationsSnapshot',
          unread: [notification('1'), notification('2')],
        },
      },
      { notifications: { __typename: 'NotificationsWithdrawn', ids: ['2'], unreadCount: 1 } },
    )
    expect(state).toEqual({ unread: [notification('1')], unreadCount: 1 })
  })
})

describe('The state of a ranking', () => {
  const standing = (id: string, rank: number, score: number) => ({
    user: user(id),
    rank,
    score,
    reachedAt: id,
  })
  const snapshot = {
    leaderboard: {
      __typename: 'LeaderboardSnapshot',
      leaderboard: { standings: [standing('a', 1, 9), standing('b', 2, 8)] },
    },
  }
  const changed = (type: string, ...standings: readonly object[]) => ({
    leaderboard: { __typename: type, standings },
  })

  test('loses who left it', () => {
    const removed = {
      leaderboard: { __typename: 'LeaderboardUpdated', standings: [], removedUserIds: ['a'] },
    }
    const moved = changed('RankingChanged', standing('b', 1, 8))
    expect(after(liveAuctionLeaderboard('x'), snapshot, removed, moved)).toEqual([standing('b', 1, 8)])
    expect(after(liveRoomLeaderboard('x'), snapshot, removed, moved)).toEqual([standing('b', 1, 8)])
  })

  test('holds the first hundred places: who enters them comes after those of the same rank and moment', () => {
    const places = Array.from({ length: 100 }, (_, index) => standing(`u${index}`, index < 90 ? 1 : 2, 9))
    const level = places.map((each) => ({ ...each, reachedAt: '1' }))
    const begun = { leaderboard: { __typename: 'LeaderboardSnapshot', leaderboard: { standings: level } } }
    const fallen = changed('LeaderboardUpdated', standing('u95', 3, 1))
    const entered = changed('RankingChanged', { ...standing('x', 2, 9), reachedAt: '1' })
    const state = after(liveRoomLeaderboard('r'), begun, fallen, entered)
    const next = after(liveRoomLeaderboard('r'), begun, fallen, entered, changed('LeaderboardUpdated'))
    expect(next).toHaveLength(100)
    expect(state.map((each) => each.user.id).slice(94)).toEqual([
      'u94',
      'u96',
      'u97',
      'u98',
      'u99',
      'x',
      'u95',
    ])
  })

  test('has each user once, by rank', () => {
    const entries = [
      changed('LeaderboardUpdated', standing('b', 1, 10)),
      changed('RankingChanged', standing('b', 1, 10), standing('a', 2, 9)),
      changed('LeaderboardSnapshotCreated', standing('z', 1, 99)),
    ]
    const state = after(liveRoomLeaderboard('r'), snapshot, ...entries)
    expect(state).toEqual([standing('b', 1, 10), standing('a', 2, 9)])
  })

  test('of an auction leaves out whose bids were all voided, and of a room nobody', () => {
    const nothing = changed('LeaderboardUpdated', standing('a', 2, 0))
    expect(after(liveAuctionLeaderboard('a'), snapshot, nothing).map((each) => each.user.id)).toEqual(['b'])
    expect(after(liveRoomLeaderboard('r'), snapshot, nothing).map((each) => each.user.id)).toEqual(['b', 'a'])
  })
})

describe('The state of orders', () => {
  const order = (id: string, updatedAt: string, status = 'NEW') => ({ id, orderId: id, updatedAt, status })
  const snapshotOf = (...open: readonly object[]) => ({ orders: { __typename: 'OrdersSnapshot', open } })
  const accepted = (each: object) => ({ orders: { __typename: 'OrderAccepted', order: each } })

  test('sorts those of one moment by their number, whichever way they came', () => {
    const [one, two] = [order('1', '1'), order('2', '1')]
    expect(after(liveOrders('r'), snapshotOf(two, one))).toEqual([one, two])
    expect(after(liveOrders('r'), snapshotOf(), accepted(one), accepted(two))).toEqual([one, two])
  })

  test('keeps all that are open, and 500 that are over', () => {
    const open = Array.from({ length: 600 }, (_, index) => order(`${1000 + index}`, '1'))
    const over = Array.from({ length: 505 }, (_, index) =>
      accepted(order(`o${index}`, `${2000 + index}`, 'FILLED')),
    )
    const state = after(liveOrders('r'), snapshotOf(...open), ...over)
    expect([state.length, state[0]?.id, state[499]?.id, state[500]?.id]).toEqual([1100, 'o504', 'o5', '1000'])
  })

  test('has the latest to change first', () => {
    const state = after(
      liveOrders('r'),
      { orders: { __typename: 'OrdersSnapshot', open: [order('1', '1'), order('2', '2')] } },
      { orders: { __typename: 'OrderAccepted', order: order('3', '3') } },
      { orders: { __typename: 'OrderExecuted', order: order('1', '4', 'FILLED') } },
    )
    expect(state).toEqual([order('1', '4', 'FILLED'), order('3', '3'), order('2', '2')])
  })
})

describe('The state of positions', () => {
  test('has one for each user and symbol, and a portfolio for each user', () => {
    const position = (id: string, symbol: string, quantity: number) => ({ user: user(id), symbol, quantity })
    const portfolio = (id: string, cash: number) => ({ user: user(id), cash })
    const state = after(
      livePositions('r'),
      {
        positions: {
          __typename: 'PositionsSnapshot',
          positions: [position('ann', 'X', 1), position('ann', 'B', 1)],
          portfolios: [portfolio('ann', 5)],
        },
      },
      { positions: { __typename: 'PositionUpdated', position: position('ben', 'X', 4) } },
      { positions: { __typename: 'PositionClosed', position: position('ann', 'X', 0) } },
      { positions: { __typename: 'PortfolioUpdated', portfolio: portfolio('ann', 7) } },
    )
    expect(state).toEqual({
      positions: [position('ann', 'B', 1), position('ann', 'X', 0), position('ben', 'X', 4)],
      portfolios: [portfolio('ann', 7)],
    })
  })
})
