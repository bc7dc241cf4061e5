import { randomUUID } from 'node:crypto'
import { startTestApp, type TestApp } from '../support/app.ts'
import { type Caller, createCaller } from '../support/caller.ts'
import type { Recording } from '../support/graphql-client.ts'
import { makeRoom } from '../support/rooms.ts'
import {
  AUCTION_QUERY,
  type Auction,
  type AuctionAnswer,
  type AuctionEntry,
  BIDS,
  type BidAnswer,
  BUY_NOW,
  CREATE_AUCTION,
  PLACE_BID,
  VOID,
} from './auction-documents.ts'

const CREDIT = `mutation ($userId: ID!, $amount: Amount!, $key: String!) {
  creditWallet(userId: $userId, currency: "EUR", amount: $amount, idempotencyKey: $key) {
    ... on WalletPayload { wallet { balance held available } } ... on Rejected { code } } }`
const WALLET = `{ viewer { wallet(currency: "EUR") { balance held available } } }`

interface Wallet {
  readonly balance: number
  readonly held: number
  readonly available: number
}

/** `wallet` where it was accepted, else `code`. */
interface Credited {
  readonly wallet?: Wallet
  readonly code?: string
}

interface Lot {
  readonly id: string
  /** Sells it and nothing else, has nothing yet, and may run any room. */
  readonly seller: Caller
}

/** A node with a public room, and people with money. */
export interface Saleroom extends AsyncDisposable {
  readonly node: TestApp
  readonly roomId: string
  /** Owns the room. */
  readonly owner: Caller
  /** Somebody of whom nobody has heard, who has `balance`. */
  newcomer(balance?: number): Promise<Caller>
  /** Gives money, or takes it away where `amount` is below zero. */
  credit(to: Caller, amount: number): Promise<Credited>
  money(of: Caller): Promise<readonly [balance: number, held: number, available: number]>
  room(): Promise<string>
  /** A live auction that starts at 500 and ends in an hour. */
  lot(input?: object): Promise<Lot>
  bid(by: Caller, auctionId: string, offer: object): Promise<BidAnswer>
  buy(by: Caller, auctionId: string, price: number): Promise<BidAnswer>
  /** The owner of the room voids a bid. */
  strike(bidId: string | undefined): Promise<AuctionAnswer>
  show(auctionId: string): Promise<Auction & { readonly myMaximum: number | null }>
  /** The entries of the auction from its beginning on, as a visitor hears them. */
  entries(auctionId: string): Promise<Recording<AuctionEntry>>
}

export async function openSaleroom(): Promise<Saleroom> {
  const node = await startTestApp()
  const callers: Caller[] = []
  const enter = async (sub?: string, roles?: readonly string[]): Promise<Caller> => {
    const caller = await createCaller(node, sub, roles)
    callers.push(caller)
    return caller
  }
  const owner = await enter('owner')
  const bank = await enter('bank', ['service'])
  const roomId = await makeRoom(node, owner.token ?? '')
  const credit = (to: Caller, amount: number): Promise<Credited> =>
    bank.ask(CREDIT, { userId: to.id, amount, key: randomUUID() })
  return {
    node,
    roomId,
    owner,
    credit,
    async newcomer(balance = 0) {
      const caller = await enter(`user_${randomUUID()}`)
      if (balance > 0) await credit(caller, balance)
      return caller
    },
    async money(of) {
      const { wallet } = await of.ask<{ readonly wallet: Wallet }>(WALLET)
      return [wallet.balance, wallet.held, wallet.available]
    },
    room: () => makeRoom(node, owner.token ?? ''),
    async lot(input = {}) {
      const seller = await enter(`seller_${randomUUID()}`, ['moderator'])
      const endsAt = new Date(Date.now() + 3_600_000).toISOString()
      const terms = { roomId, title: 'A lot', currency: 'EUR', startingPrice: 500, endsAt }
      const { auction } = await seller.ask<AuctionAnswer>(CREATE_AUCTION, { input: { ...terms, ...input } })
      return { id: auction.id, seller }
    },
    bid: (by, auctionId, offer) =>
      by.ask<BidAnswer>(PLACE_BID, { input: { auctionId, idempotencyKey: randomUUID(), ...offer } }),
    buy: (by, auctionId, price) => by.ask<BidAnswer>(BUY_NOW, { auctionId, price, key: randomUUID() }),
    strike: (bidId) => owner.ask<AuctionAnswer>(VOID, { id: bidId ?? '', reason: 'A mistake' }),
    show: (auctionId) => owner.ask(AUCTION_QUERY, { id: auctionId }),
    async entries(auctionId) {
      const visitor = await enter()
      const heard = visitor.record<AuctionEntry>(BIDS, { id: auctionId })
      await heard.take(1)
      return heard
    },
    async [Symbol.asyncDispose]() {
      for (const each of callers) await each[Symbol.asyncDispose]()
      await node[Symbol.asyncDispose]()
    },
  }
}
