import type { Amount } from '../engine/kernel/amount.ts'
import { type ReadTogether, together } from '../engine/kernel/batch-loader.ts'
import type { AuctionId, BidId, RoomId } from '../engine/kernel/id.ts'
import type { Topic } from '../engine/kernel/topic.ts'
import type { Database } from '../engine/storage/database.ts'
import type { Slice, Span } from '../engine/storage/list-key.ts'
import type { Parent } from '../engine/storage/parents.ts'
import {
  type AuctionHead,
  type AuctionRecord,
  type CeilingKey,
  readAuctionHeads,
  readAuctionsFor,
  readAuctionsOfRooms,
  readCeilings,
} from '../features/auctions/reads/auctions.ts'
import { type Bidding, readBiddings } from '../features/auctions/reads/biddings.ts'
import { readBids, readBidsById } from '../features/auctions/reads/bids.ts'
import type { AuctionPhase, Bid } from '../features/auctions/rules/auction.ts'
import type { LeaderboardRecord } from '../features/leaderboards/reads/leaderboards.ts'
import { readMessages } from '../features/messages/reads/messages.ts'
import { readReceipts, readUnread, type Unread } from '../features/messages/reads/receipts.ts'
import type { Message } from '../features/messages/rules/message.ts'
import type { MemberMarks } from '../features/messages/rules/receipts/marks.ts'
import {
  type MemberKey,
  type MemberRecord,
  type PlacedMarks,
  readMarks,
  readMemberCounts,
  readMembers,
  readMemberships,
} from '../features/rooms/reads/members.ts'
import {
  type RoomPositions,
  type RoomRecord,
  readRoomPositions,
  readRoomsFor,
} from '../features/rooms/reads/rooms.ts'
import {
  type AuctionSight,
  type RoomSight,
  readAuctionSights,
  readRoomSights,
} from '../features/rooms/reads/visibility-checks.ts'
import { leaderboardsNow } from './leaderboard-view.ts'

/** A page of what one parent has. Pages of many parents are read together, where their slices are equal. */
interface PageKey<Id extends string, Page> extends Parent<Id> {
  readonly page: Page
}

interface AuctionsPage {
  readonly phase: AuctionPhase | null
  readonly slice: Slice
}

/** What many fields ask for one by one, and the record is asked for together. */
export interface SharedReads {
  /** Whether there is such a room for that caller. */
  readonly seesRoom: ReadTogether<RoomSight, boolean>
  /** The room of the auction; undefined where there is no such auction for that caller. */
  readonly roomOfAuction: ReadTogether<AuctionSight, RoomId | undefined>
  /** Undefined where there is no such room for that caller. */
  readonly room: ReadTogether<RoomSight, RoomRecord | undefined>
  /** Undefined where there is no such auction for that caller. */
  readonly auction: ReadTogether<AuctionSight, AuctionRecord | undefined>
  /** The standing membership. */
  readonly membership: ReadTogether<MemberKey, MemberRecord | undefined>
  readonly marks: ReadTogether<MemberKey, PlacedMarks | undefined>
  /** The marks of all members of a room; undefined where it shows no receipts. */
  readonly receipts: ReadTogether<RoomId, readonly MemberMarks[] | undefined>
  /** How many messages a member has not read. */
  readonly unreadCount: ReadTogether<Unread, number>
  readonly members: ReadTogether<PageKey<RoomId, Slice>, readonly MemberRecord[]>
  readonly memberCount: ReadTogether<RoomId, number>
  /** `bound`: the offset of the last message. */
  readonly messages: ReadTogether<PageKey<RoomId, Span>, readonly Message[]>
  readonly auctionsOfRoom: ReadTogether<PageKey<RoomId, AuctionsPage>, readonly AuctionRecord[]>
  readonly roomPositions: ReadTogether<RoomId, RoomPositions>
  readonly auctionHead: ReadTogether<AuctionId, AuctionHead>
  /** `bound`: the sequence of the last bid. */
  readonly bids: ReadTogether<PageKey<AuctionId, Slice>, readonly Bid[]>
  readonly bid: ReadTogether<BidId, Bid | undefined>
  readonly ceiling: ReadTogether<CeilingKey, Amount | null>
  /** Undefined where that user has not bid in that auction. */
  readonly bidding: ReadTogether<CeilingKey, Bidding | undefined>
  /** The first 100 standings. The board's auction or room must exist. */
  readonly leaderboard: ReadTogether<Topic, LeaderboardRecord>
}

export function createSharedReads(database: Database): SharedReads {
  return {
    seesRoom: together((sights) => readRoomSights(database, sights)),
    roomOfAuction: together((sights) => readAuctionSights(database, sights)),
    room: together((sights) => readRoomsFor(database, sights)),
    auction: together((sights) => readAuctionsFor(database, sights)),
    membership: together((keys) => readMemberships(database, keys), { idOf: idOfMember }),
    marks: together((keys) => readMarks(database, keys), { idOf: idOfMember }),
    receipts: together(
      async (roomIds) => {
        const marks = await readReceipts(database, roomIds)
        return roomIds.map((id) => marks.get(id))
      },
      { idOf: String },
    ),
    unreadCount: together((asked) => readUnread(database, asked)),
    members: pages((parents, slice) => readMembers(database, parents, slice)),
    memberCount: together((ids) => readMemberCounts(database, ids), { idOf: String }),
    messages: pages((parents, span) => readMessages(database, parents, span)),
    auctionsOfRoom: pages((parents, { phase, slice }) =>
      readAuctionsOfRooms(database, parents, phase, slice),
    ),
    roomPositions: together((ids) => readRoomPositions(database, ids), { idOf: String }),
    auctionHead: together((ids) => readAuctionHeads(database, ids), { idOf: String }),
    bids: pages((parents, slice) => readBids(database, parents, slice)),
    bid: together((ids) => readBidsById(database, ids), { idOf: String }),
    ceiling: together((keys) => readCeilings(database, keys)),
    bidding: together((keys) => readBiddings(database, keys)),
    leaderboard: together((topics) => leaderboardsNow(database, topics), { idOf: String }),
  }
}

function idOfMember({ roomId, userId }: MemberKey): string {
  return `${roomId}\n${userId}`
}

/** One statement for all parents whose pages are alike. */
function pages<Id extends string, Page extends object, Row>(
  readAll: (parents: readonly Parent<Id>[], page: Page) => Promise<readonly (readonly Row[])[]>,
): ReadTogether<PageKey<Id, Page>, readonly Row[]> {
  return together(
    async (keys: readonly PageKey<Id, Page>[]) => {
      const [first] = keys
      return first === undefined ? [] : readAll(keys, first.page)
    },
    { groupOf: ({ page }) => JSON.stringify(page), idOf: ({ id, bound }) => `${id} ${bound}` },
  )
}
