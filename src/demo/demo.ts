import type { Logger } from 'pino'
import type { App } from '../app.ts'
import { issueDevToken } from '../auth/dev-token.ts'
import type { Config } from '../config/config.ts'
import type { Actor } from '../domain/actor.ts'
import type { AuctionState } from '../domain/auction/auction.ts'
import { minimumBid } from '../domain/auction/offered.ts'
import type { Person } from '../domain/person.ts'
import {
  type AuctionId,
  asRoomId,
  asUserId,
  newAuctionId,
  newBidId,
  newMessageId,
  type RoomId,
} from '../kernel/id.ts'
import { type Instant, instant, later } from '../kernel/instant.ts'
import { LINES, LOTS, VISITORS } from './script.ts'

/** The demo room, alive until closed. */
export interface Demo {
  close(): Promise<void>
}

const ROOM = asRoomId('demo')
const AUCTION_MS = 90_000
const PAUSE_BETWEEN_MS = 8_000
const SOFT_CLOSE = { windowMs: 10_000, extensionMs: 10_000, capMs: 60_000 }
const ACT_EVERY_MS = 1_500
const CHANCE_OF_TALK = 0.25
const CHANCE_OF_PROXY = 0.3

const AUCTIONEER = personOf('auctioneer', 'Ada, auctioneer')

/**
 * Opens a room in which auctions follow one another, and visitors bid and talk in it through the same commands as
 * everyone. Several nodes may run it on one database: they share the room.
 */
export async function startDemo(app: App, config: Config, log: Logger): Promise<Demo> {
  const { dispatch } = app.services
  let current: AuctionState | undefined
  let timer: NodeJS.Timeout | undefined
  let isClosed = false
  let acting: Promise<void> = Promise.resolve()

  async function openLot(index: number): Promise<void> {
    const lot = LOTS[index % LOTS.length]
    if (lot === undefined || isClosed) return
    const id = newAuctionId()
    const outcome = await dispatch.auction(id, actorOf(AUCTIONEER), {
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
      startsAt: null,
      endsAt: later(app.services.now(), AUCTION_MS),
      seller: null,
    })
    current = outcome.kind === 'accepted' ? outcome.state : undefined
  }

  /** One small thing: a bid, a line of talk, or the next lot when the last is over. */
  async function act(index: number): Promise<number> {
    if (current === undefined || isOver(current, app.services.now())) {
      await openLot(index)
      return index + 1
    }
    const visitor = pick(VISITORS)
    if (Math.random() < CHANCE_OF_TALK) await talk(visitor)
    else await bid(visitor, current)
    return index
  }

  async function bid(visitor: Person, auction: AuctionState): Promise<void> {
    const least = minimumBid(auction)
    const isProxy = Math.random() < CHANCE_OF_PROXY
    const offer = Math.ceil(least * (1 + Math.random() * (isProxy ? 0.3 : 0.05)))
    const outcome = await dispatch.auction(auction.terms.id, actorOf(visitor), {
      kind: 'placeBid',
      amount: isProxy ? null : offer,
      maximum: isProxy ? offer : null,
      bidId: newBidId(),
      answerId: newBidId(),
    })
    if (outcome.kind === 'accepted' && outcome.state !== undefined) current = outcome.state
    // Others bid too, and the scheduler closes: look at it anew.
    else if (outcome.kind === 'rejected') current = await look(auction.terms.id)
  }

  /** The auction as it is now: letting time pass changes nothing that isn't due. */
  async function look(id: AuctionId): Promise<AuctionState | undefined> {
    const outcome = await dispatch.auction(id, { kind: 'system' }, { kind: 'passTime' })
    return outcome.kind === 'accepted' ? outcome.state : undefined
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

  function schedule(index: number, delayMs: number): void {
    if (isClosed) return
    timer = setTimeout(() => {
      acting = act(index)
        .catch((error: unknown) => {
          log.warn({ err: error }, 'the demo stumbled; it goes on')
          return index
        })
        .then((next) =>
          schedule(next, next === index ? ACT_EVERY_MS * (0.3 + Math.random()) : PAUSE_BETWEEN_MS / 4),
        )
    }, delayMs)
  }

  await openRoom(app, ROOM)
  await openLot(0)
  schedule(1, ACT_EVERY_MS)
  await greet(app, config, log)
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

function isOver({ standing }: AuctionState, now: Instant): boolean {
  return (standing.phase !== 'LIVE' && standing.phase !== 'SCHEDULED') || standing.endsAt <= now
}

function pick<Item>(items: readonly [Item, ...Item[]]): Item {
  return items[Math.floor(Math.random() * items.length)] ?? items[0]
}

/** Makes the room, unless it is there, and lets the visitors in. */
async function openRoom(app: App, id: RoomId): Promise<void> {
  const { dispatch } = app.services
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
async function greet({ url }: App, { auth, issuesDevTokens }: Config, log: Logger): Promise<void> {
  log.info(`live room   ${url}/`)
  log.info(`GraphiQL    ${url}/graphql`)
  log.info(`GraphQL     ${url}/graphql and ${url.replace(/^http/, 'ws')}/graphql`)
  if (auth.kind !== 'secret' || !issuesDevTokens) return
  const { token } = await issueDevToken(auth, { sub: 'you', name: 'You' }, instant(Date.now()))
  // Past the log, which lets no token through: it is for the person at this terminal.
  process.stdout.write(`\nA token for a bidder named You (sub "you"), good for 12 hours:\n${token}\n\n`)
}
