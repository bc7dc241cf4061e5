import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { amount } from '../../../src/engine/kernel/amount.ts'
import { asUserId } from '../../../src/engine/kernel/id.ts'
import { instant } from '../../../src/engine/kernel/instant.ts'
import { asOffset } from '../../../src/engine/kernel/position.ts'
import { asAuctionId, asBidId } from '../../../src/features/auctions/ids.ts'
import type { VoidReason } from '../../../src/features/auctions/rules/void-reason.ts'
import { asNotificationId } from '../../../src/features/notifications/ids.ts'
import {
  type AuctionEntry,
  consequencesOf,
  type VoidedBid,
} from '../../../src/features/notifications/rules/consequences.ts'
import {
  announceEnding,
  beginFollowing,
  type Following,
} from '../../../src/features/notifications/rules/following.ts'
import { notificationOf } from '../../../src/features/notifications/rules/wording.ts'
import { asRoomId } from '../../../src/features/rooms/ids.ts'
import { PATIENTLY, runs } from '../../support/runs.ts'

const MINUTE = 60_000
const END = instant(10 * MINUTE)
const person = (name: string) => ({ id: asUserId(name), name })
const start = beginFollowing({ phase: 'LIVE', currentPrice: null, leader: null, endsAt: END }, instant(0))

interface Move {
  readonly type?: string
  readonly by?: string
  /** Whose command made the bid; the bidder's own where it is left out. */
  readonly command?: string
  readonly leader?: string | null
  readonly winner?: string
  readonly at?: number
  readonly phase?: string
  readonly endsAt?: number
  readonly bids?: readonly { readonly by: string; readonly amount: number; readonly why: VoidReason }[]
  readonly kind?: 'MANUAL' | 'PROXY'
  /** Of the bid that a BidVoided entry names, among its `bids` unless it was voided before. */
  readonly named?: number
  readonly reason?: string
}

/** A history: each entry's leader is its bidder, or as the one before left it; prices are 100, 200 … */
function history(...moves: readonly Move[]): readonly AuctionEntry[] {
  let leader: string | null = null
  return moves.map(
    (
      {
        type = 'BidPlaced',
        by,
        command = by,
        winner,
        at = 0,
        bids,
        reason,
        kind = 'MANUAL',
        named = 0,
        ...move
      },
      index,
    ) => {
      leader = move.leader === undefined ? (by ?? leader) : move.leader
      const price = amount((index + 1) * 100)
      return {
        offset: asOffset(index + 1),
        at: instant(at),
        type,
        actorId: command === undefined ? null : asUserId(command),
        data: {
          standing: {
            phase: move.phase ?? 'LIVE',
            currentPrice: price,
            leader: leader === null ? null : person(leader),
            endsAt: instant(move.endsAt ?? END),
          },
          ...(by === undefined
            ? {}
            : { bid: voidedBid({ by, amount: price, why: 'RECOMPUTED' }, named, kind) }),
          ...(reason === undefined ? {} : { reason }),
          ...(bids === undefined ? {} : { bids: bids.map((bid, at) => voidedBid(bid, at, kind)) }),
          ...(winner === undefined ? {} : { winner: { user: person(winner), price } }),
        },
      }
    },
  )
}

function voidedBid(
  { by, amount: made, why }: NonNullable<Move['bids']>[number],
  index: number,
  kind: 'MANUAL' | 'PROXY',
): VoidedBid {
  return {
    ...{ id: asBidId(`bid_${index}`), bidder: person(by), amount: amount(made) },
    ...{ kind, voidReason: why },
  }
}

function told(entries: readonly AuctionEntry[], isCut = false): readonly string[] {
  return consequencesOf(start, entries, isCut).requests.map(
    ({ kind, userId, price }) => `${kind} ${userId} ${price}`,
  )
}

describe('the consequences of bids', () => {
  test('are none for the first, and none for a leader who bids again', () => {
    expect(told(history({ by: 'ann' }, { by: 'ann' }))).toEqual([])
  })

  test('notify the beaten leader, with the new price', () => {
    expect(told(history({ by: 'ann' }, { by: 'bob' }))).toEqual(['OUTBID ann 200'])
  })

  test('notify only the challenger if answered at once', () => {
    expect(told(history({ by: 'ann' }, { by: 'bob' }, { by: 'ann', command: 'bob' }))).toEqual([
      'OUTBID bob 300',
    ])
  })

  test('notify both if the beaten bidder returns by a command of the same moment', () => {
    expect(told(history({ by: 'ann' }, { by: 'bob' }, { by: 'ann' }))).toEqual([
      'OUTBID ann 200',
      'OUTBID bob 300',
    ])
  })

  test('wait for what may follow where a page ends', () => {
    const entries = history({ by: 'ann' }, { by: 'bob' }, { by: 'ann', command: 'bob' })
    const first = consequencesOf(start, entries.slice(0, 2), true)
    expect(first).toMatchObject({ requests: [], through: 1 })
    const second = consequencesOf(first.after, entries.slice(1), false)
    expect(second.requests.map(({ userId }) => userId)).toEqual(['bob'])
  })

  test('of a void notify each voided bidder once, and the new leader', () => {
    const bids = [
      { by: 'bob', amount: 150, why: 'MODERATED' },
      { by: 'dan', amount: 170, why: 'UNFUNDED' },
      { by: 'bob', amount: 200, why: 'MODERATED' },
    ] as const
    const voided = { type: 'BidVoided', by: 'bob', leader: 'ann', bids, reason: 'Mistyped.' }
    const { requests } = consequencesOf(start, history({ by: 'ann' }, { by: 'bob' }, voided), false)
    expect(requests.slice(1)).toEqual([
      {
        ...{ kind: 'BID_VOIDED', userId: 'bob', price: 300, reason: 'Mistyped.' },
        ...{ bidIds: ['bid_0', 'bid_2'], amount: 200, voidReason: 'MODERATED' },
      },
      {
        ...{ kind: 'BID_VOIDED', userId: 'dan', price: 300, reason: 'Mistyped.' },
        ...{ bidIds: ['bid_1'], amount: 170, voidReason: 'UNFUNDED' },
      },
      { kind: 'LEADING', userId: 'ann', price: 300 },
    ])
  })

  test('of a void do not notify an unchanged leader whose automatic bid is placed again', () => {
    const bids = [
      { by: 'ann', amount: 100, why: 'MODERATED' },
      { by: 'bob', amount: 200, why: 'RECOMPUTED' },
    ] as const
    const voided = { type: 'BidVoided', by: 'ann', leader: 'bob', bids, kind: 'PROXY', reason: '' } as const
    const entries = history({ by: 'ann' }, { by: 'bob' }, voided, { by: 'bob', command: 'moderator' })
    expect(told(entries)).toEqual(['OUTBID ann 200', 'BID_VOIDED ann 300'])
  })

  test('of a void notify bidders whose manual bid no longer meets the minimum', () => {
    const bids = [{ by: 'cid', amount: 200, why: 'RECOMPUTED' }] as const
    const entries = history({ by: 'ann' }, { type: 'BidVoided', by: 'ann', leader: 'ann', bids, reason: '' })
    expect(told(entries)).toEqual(['BID_VOIDED cid 200'])
  })

  test('of a void tell the bidder of a bid that was voided before and loses its maximum now', () => {
    const bids = [{ by: 'ann', amount: 170, why: 'RECOMPUTED' }] as const
    const voided = {
      type: 'BidVoided',
      by: 'bob',
      leader: 'ann',
      kind: 'PROXY',
      named: 7,
      reason: '',
    } as const
    const { requests } = consequencesOf(start, history({ by: 'ann' }, { ...voided, bids }), false)
    expect(requests).toMatchObject([
      { kind: 'BID_VOIDED', userId: 'bob', bidIds: ['bid_7'], amount: 200, voidReason: 'MODERATED' },
    ])
  })

  test('send no LEADING if no bid is left', () => {
    const bids = [{ by: 'ann', amount: 100, why: 'MODERATED' }] as const
    const entries = history({ by: 'ann' }, { type: 'BidVoided', by: 'ann', leader: null, bids, reason: '' })
    expect(told(entries)).toEqual(['BID_VOIDED ann 200'])
  })

  test('notify the leader after a void when that lead is lost, too', () => {
    const voided = { type: 'BidVoided', by: 'bob', leader: 'ann' }
    const entries = history({ by: 'ann' }, { by: 'bob' }, voided, { by: 'cid' })
    expect(told(entries)).toEqual(['OUTBID ann 200', 'LEADING ann 300', 'OUTBID ann 400'])
  })

  test('announce each loss once, however the history is paged', PATIENTLY, () => {
    const bidder = fc.constantFrom('ann', 'bob', 'cid')
    const command = fc.record({ by: bidder, isAnswered: fc.boolean() })
    fc.assert(
      fc.property(
        fc.array(command, { maxLength: 40, size: 'max' }),
        fc.integer({ min: 2, max: 7 }),
        (commands, page) => {
          const moves: Move[] = []
          const losses: string[] = []
          let leader: string | null = null
          for (const { by, isAnswered } of commands) {
            moves.push({ by })
            if (leader !== null && leader !== by) {
              if (isAnswered) moves.push({ by: leader, command: by })
              losses.push(isAnswered ? by : leader)
              if (isAnswered) continue
            }
            leader = by
          }
          const entries = history(...moves)
          let state: Following = start
          let position = 0
          const heard: string[] = []
          for (;;) {
            const read = entries.slice(position, position + page)
            const { requests, after, through } = consequencesOf(state, read, read.length === page)
            heard.push(...requests.map(({ userId }) => String(userId)))
            state = after
            position = through ?? position
            if (read.length < page) break
          }
          expect(heard).toEqual(losses)
        },
      ),
      runs(100),
    )
  })
})

describe('the consequences of the end', () => {
  test('notify the winner, and all other bidders that they lost', () => {
    const entries = history({ by: 'ann' }, { type: 'AuctionSold', winner: 'ann', phase: 'SOLD' })
    const { requests, after } = consequencesOf(start, entries, false)
    expect(requests).toMatchObject([{ kind: 'AUCTION_WON', userId: 'ann', price: 200 }])
    expect(after).toMatchObject({
      isOver: true,
      broadcast: { kind: 'AUCTION_LOST', except: 'ann', price: 200 },
    })
  })

  test('notify the previous leader with OUTBID when someone buys now', () => {
    const entries = history({ by: 'ann' }, { by: 'bob' }, { type: 'AuctionSold', winner: 'bob' })
    expect(told(entries)).toEqual(['OUTBID ann 200', 'AUCTION_WON bob 300'])
  })

  test('notify all bidders if it is unsold, or cancelled, with the reason', () => {
    const unsold = consequencesOf(start, history({ by: 'ann' }, { type: 'AuctionUnsold' }), false)
    expect(unsold.after).toMatchObject({ isOver: true, broadcast: { kind: 'AUCTION_LOST', except: null } })
    const cancelled = consequencesOf(
      start,
      history({ by: 'ann' }, { type: 'AuctionCancelled', reason: 'Broken.' }),
      false,
    )
    expect(cancelled).toMatchObject({
      requests: [],
      after: { isOver: true, broadcast: { kind: 'AUCTION_CANCELLED', reason: 'Broken.', except: null } },
    })
  })
})

describe('the notice that the end is near', () => {
  const at = (minutes: number) => instant(minutes * MINUTE)

  test('is due one minute before the end, and not before', () => {
    expect(announceEnding(start, instant(at(9) - 1), 3)).toBe(start)
    expect(announceEnding(start, at(9), 3)).toMatchObject({
      endingDueAt: null,
      broadcast: { kind: 'AUCTION_ENDING', beyond: 0, through: 3 },
    })
  })

  test('follows a moved end, and then notifies only those who have bid since', () => {
    const announced = { ...announceEnding(start, at(9), 3), broadcast: null }
    const moved = history({ by: 'ann', at: at(9.5), endsAt: at(12) })
    const { after } = consequencesOf(announced, moved, false)
    expect(after.endingDueAt).toBe(at(11))
    expect(announceEnding(after, at(11), 4)).toMatchObject({ broadcast: { beyond: 3, through: 4 } })
  })

  test('stays away while the auction is paused, and where less than a minute is left from the start', () => {
    const paused = consequencesOf(start, history({ type: 'AuctionPaused', phase: 'PAUSED' }), false)
    expect(paused.after.endingDueAt).toBeNull()
    const short = beginFollowing({ phase: 'LIVE', currentPrice: null, leader: null, endsAt: END }, at(9.5))
    expect(short.endingDueAt).toBeNull()
  })

  test('is not given after the end', () => {
    expect(announceEnding(start, END, 3)).toMatchObject({ endingDueAt: null, broadcast: null })
  })
})

describe('a notification', () => {
  test('names its auction, in words and as data', () => {
    const subject = { id: asAuctionId('auc_1'), roomId: asRoomId('room_1'), title: 'A lot', currency: 'EUR' }
    const made = { id: asNotificationId('ntf_1'), createdAt: instant(7) }
    const request = { kind: 'AUCTION_WON', userId: asUserId('ann'), price: amount(1050) } as const
    expect(notificationOf(request, subject, made)).toEqual({
      ...made,
      kind: 'AUCTION_WON',
      title: 'Won: A lot',
      body: 'You won “A lot” for 10.50 EUR.',
      subjectId: 'auc_1',
      data: { auctionId: 'auc_1', roomId: 'room_1', price: 1050, currency: 'EUR', currencyExponent: 2 },
      readAt: null,
    })
  })

  const lamp = { id: asAuctionId('auc_1'), roomId: asRoomId('room_1'), title: 'Lamp', currency: 'EUR' }
  const common = { auctionId: 'auc_1', roomId: 'room_1', price: 500, currency: 'EUR', currencyExponent: 2 }
  const to = { userId: asUserId('ann'), price: amount(500) }
  const made = { id: asNotificationId('ntf_1'), createdAt: instant(7) }

  test('of a voided bid gives the reason, in words and as data', () => {
    const bidIds = [asBidId('bid_1')]
    const request = { ...to, kind: 'BID_VOIDED', bidIds, amount: amount(1550), reason: 'Mistyped.' } as const
    expect(notificationOf({ ...request, voidReason: 'MODERATED' }, lamp, made)).toMatchObject({
      title: 'Bid voided: Lamp',
      body: 'Your bid of 15.50 EUR on “Lamp” was voided. Reason: Mistyped.',
      subjectId: 'auc_1',
      data: { ...common, bidIds, amount: 1550, voidReason: 'MODERATED', reason: 'Mistyped.' },
    })
    const bodyOf = (given: object): string =>
      notificationOf({ ...request, voidReason: 'MODERATED', ...given }, lamp, made).body
    expect(bodyOf({ reason: '' })).toBe('Your bid of 15.50 EUR on “Lamp” was voided.')
    expect(bodyOf({ bidIds: [...bidIds, asBidId('bid_2')] })).toBe(
      '2 of your bids on “Lamp”, up to 15.50 EUR, were voided. Reason: Mistyped.',
    )
    expect(bodyOf({ voidReason: 'UNFUNDED' })).toContain('your wallet does not cover yours')
    expect(bodyOf({ voidReason: 'RECOMPUTED' })).toContain('no longer meets the minimum')
  })

  test('of a lead that came back names the price, and of a cancelled auction the reason', () => {
    expect(notificationOf({ ...to, kind: 'LEADING' }, lamp, made)).toMatchObject({
      title: 'You lead: Lamp',
      body: 'A bid was voided: you lead “Lamp” at 5.00 EUR.',
      data: common,
    })
    const cancelled = { ...to, kind: 'AUCTION_CANCELLED', reason: 'It broke.' } as const
    expect(notificationOf(cancelled, lamp, made)).toMatchObject({
      title: 'Cancelled: Lamp',
      body: '“Lamp” was cancelled. Reason: It broke.',
      data: { ...common, reason: 'It broke.' },
    })
  })

  test('shows the price with the exponent of the auction', () => {
    const subject = { id: asAuctionId('auc_1'), roomId: asRoomId('room_1'), title: 'A lot' }
    const made = { id: asNotificationId('ntf_1'), createdAt: instant(7) }
    const request = { kind: 'OUTBID', userId: asUserId('ann'), price: amount(200_000) } as const
    const coins = notificationOf(request, { ...subject, currency: 'COINS', currencyExponent: 4 }, made)
    expect(coins.body).toContain('it is now at 20.0000 COINS.')
    expect(coins.data).toMatchObject({ currency: 'COINS', currencyExponent: 4 })
    const forints = notificationOf(request, { ...subject, currency: 'HUF' }, made)
    expect(forints.body).toContain('it is now at 2000.00 HUF.')
  })
})
