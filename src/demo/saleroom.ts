import { SYSTEM } from '../engine/kernel/actor.ts'
import { later } from '../engine/kernel/instant.ts'
import type { Person } from '../engine/kernel/person.ts'
import { auctionFamily } from '../features/auctions/family.ts'
import { newAuctionId, newBidId } from '../features/auctions/ids.ts'
import { type AuctionRecord, readAuctions } from '../features/auctions/reads/auctions.ts'
import { minimumBid } from '../features/auctions/rules/offered.ts'
import { asRoomId } from '../features/rooms/ids.ts'
import type { Services } from '../resolvers/services.ts'
import { actorOf, HOST, openRoom, pick, type Scene, talk } from './scene.ts'
import { LOTS, VISITORS } from './script.ts'

const ROOM = asRoomId('demo')
const AUCTION_MS = 90_000
const SOFT_CLOSE = { windowMs: 10_000, extensionMs: 10_000, capMs: 60_000 }
const CHANCE_OF_TALK = 0.25
const CHANCE_OF_PROXY = 0.3

/** Runs one auction after another; visitors bid and chat through the same commands as everyone. */
export function createSaleroom(services: Services): Scene {
  const { dispatch, database } = services

  /** The current lot; another node, or this one before a restart, may have opened it. */
  async function currentLot(): Promise<AuctionRecord | undefined> {
    const [lot] = await readAuctions(
      database,
      SYSTEM,
      { roomId: ROOM, phase: 'LIVE' },
      { limit: 1, after: null },
    )
    return lot
  }

  async function openLot(): Promise<void> {
    const lot = pick(LOTS)
    const id = newAuctionId()
    await dispatch(auctionFamily, id, actorOf(HOST), {
      kind: 'create',
      id,
      roomId: ROOM,
      title: lot.title,
      description: lot.description,
      currency: 'EUR',
      startingPrice: lot.startingPrice,
      reservePrice: lot.reservePrice,
      buyNowPrice: null,
      increments: null,
      softClose: SOFT_CLOSE,
      funded: false,
      startsAt: null,
      endsAt: later(services.now(), AUCTION_MS),
      seller: null,
    })
  }

  async function bid(visitor: Person, lot: AuctionRecord): Promise<void> {
    const isProxy = Math.random() < CHANCE_OF_PROXY
    const offer = Math.ceil(minimumBid(lot) * (1 + Math.random() * (isProxy ? 0.3 : 0.05)))
    await dispatch(auctionFamily, lot.terms.id, actorOf(visitor), {
      kind: 'placeBid',
      amount: isProxy ? null : offer,
      maximum: isProxy ? offer : null,
      bidId: newBidId(),
      answerId: newBidId(),
    })
  }

  return {
    async open() {
      await openRoom(services, ROOM, 'Demo saleroom', 'AUCTION')
      if ((await currentLot()) === undefined) await openLot()
    },
    async act() {
      const lot = await currentLot()
      if (lot === undefined) await openLot()
      else if (Math.random() < CHANCE_OF_TALK) await talk(services, ROOM)
      else await bid(pick(VISITORS), lot)
    },
  }
}
