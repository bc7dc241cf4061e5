import type { Logger } from 'pino'
import type { App } from '../app.ts'
import { issueDevToken } from '../auth/dev-token.ts'
import type { Config } from '../config/config.ts'
import { type Actor, SYSTEM } from '../domain/actor.ts'
import { minimumBid } from '../domain/auction/offered.ts'
import type { Person } from '../domain/person.ts'
import { asRoomId, asUserId, newAuctionId, newBidId, newMessageId, type RoomId } from '../kernel/id.ts'
import { instant, later } from '../kernel/instant.ts'
import { type AuctionRecord, readAuctions } from '../log/read/auctions.ts'
import type { Services } from '../resolvers/services.ts'
import { LINES, LOTS, VISITORS } from './script.ts'

/** The demo room, alive until closed. */
export interface Demo {
  close(): Promise<void>
}

const ROOM = asRoomId('demo')
const AUCTION_MS = 90_000
const SOFT_CLOSE = { windowMs: 10_000, extensionMs: 10_000, capMs: 60_000 }
const ACT_EVERY_MS = 1_500
const CHANCE_OF_TALK = 0.25
const CHANCE_OF_PROXY = 0.3

const AUCTIONEER = personOf('auctioneer', 'Ada, auctioneer')

/**
 * Opens a room in which auctions follow one another, and visitors bid and talk in it through the same commands as
 * everyone. Several nodes may run it on one database: they share the room.
 */
export async function startDemo(services: Services, log: Logger): Promise<Demo> {
  const { dispatch, database } = services
  let timer: NodeJS.Timeout | undefined
  let isClosed = false
  let acting: Promise<void> = Promise.resolve()

  /** The lot that is up; another node, or this one before a restart, may have opened it. */
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
    await dispatch.auction(id, actorOf(AUCTIONEER), {
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

  /** One small thing: a bid, a line of talk, or the next lot when the last is over. */
  async function act(): Promise<void> {
    const lot = await currentLot()
    if (lot === undefined) await openLot()
    else if (Math.random() < CHANCE_OF_TALK) await talk(pick(VISITORS))
    else await bid(pick(VISITORS), lot)
  }

  async function bid(visitor: Person, lot: AuctionRecord): Promise<void> {
    const isProxy = Math.random() < CHANCE_OF_PROXY
    const offer = Math.ceil(minimumBid(lot) * (1 + Math.random() * (isProxy ? 0.3 : 0.05)))
    await dispatch.auction(lot.terms.id, actorOf(visitor), {
      kind: 'placeBid',
      amount: isProxy ? null : offer,
      maximum: isProxy ? offer : null,
      bidId: newBidId(),
      answerId: newBidId(),
    })
  }

  async function talk(visitor: Person): Promise<void> {
    const id = newMessageId()
    await dispatch.messages(ROOM, actorOf(visitor), {
      kind: 'send',
      id,
      clientMessageId: id,
      fingerprint: id,
      body: pick(LINES),
      mentions: [],
      replyToId: null,
    })
  }

  function schedule(): void {
    if (isClosed) return
    timer = setTimeout(
      () => {
        acting = act()
          .catch((error: unknown) => log.warn({ err: error }, 'the demo stumbled; it goes on'))
          .then(schedule)
      },
      ACT_EVERY_MS * (0.3 + Math.random()),
    )
  }

  await openRoom(services, ROOM)
  if ((await currentLot()) === undefined) await openLot()
  schedule()
  return {
    async close() {
      isClosed = true
      clearTimeout(timer)
      await acting
    },
  }
}

function personOf(id: string, name: string): Person {
  return { id: asUserId(id), name }
}

function actorOf(person: Person): Actor {
  return { kind: 'user', person, roles: new Set(['USER']) }
}

function pick<Item>(items: readonly [Item, ...Item[]]): Item {
  return items[Math.floor(Math.random() * items.length)] ?? items[0]
}

/** Makes the room, unless it is there, and lets the visitors in. */
async function openRoom({ dispatch }: Services, id: RoomId): Promise<void> {
  await dispatch.room(id, actorOf(AUCTIONEER), {
    kind: 'create',
    id,
    name: 'Demo saleroom',
    roomKind: 'AUCTION',
    visibility: 'PUBLIC',
    startsAt: null,
    endsAt: null,
    ranking: 'STANDARD',
    disclosure: 'OWN',
  })
  for (const visitor of VISITORS) await dispatch.room(id, actorOf(visitor), { kind: 'join' })
}

/** Says where to go, with a token to go there with. */
export async function greet({ url }: App, { auth, issuesDevTokens }: Config, log: Logger): Promise<void> {
  log.info(`live room   ${url}/`)
  log.info(`GraphiQL    ${url}/graphql`)
  log.info(`GraphQL     ${url}/graphql and ${url.replace(/^http/, 'ws')}/graphql`)
  if (auth.kind !== 'secret' || !issuesDevTokens) return
  const { token } = await issueDevToken(auth, { sub: 'you', name: 'You' }, instant(Date.now()))
  // Past the log, which lets no token through: it is for the person at this terminal.
  process.stdout.write(`\nA token for a bidder named You (sub "you"), good for 12 hours:\n${token}\n\n`)
}
