import type { AuctionTerms } from '../../../src/features/auctions/rules/auction.ts'

/** An offer as a random run makes one. */
export interface NaiveOffer {
  readonly bidder: string
  readonly kind: 'amount' | 'maximum'
  readonly value: number
}

interface Standing {
  readonly bidder: string
  readonly maximum: number
  /** The highest bid by hand; 0 if none. */
  readonly manual: number
  readonly sequence: number
}

/** All there is to know when every bidder's maximum is kept. */
interface NaiveAuction {
  readonly price: number | null
  /** Best first. */
  readonly maximums: readonly Standing[]
  readonly count: number
}

type Terms = Pick<AuctionTerms, 'startingPrice' | 'reservePrice' | 'increments'>

export const NOTHING_BID: NaiveAuction = { price: null, maximums: [], count: 0 }

/** The chapter's rules, word by word: undefined where the offer is below the least value. */
export function naiveBid(terms: Terms, auction: NaiveAuction, offer: NaiveOffer): NaiveAuction | undefined {
  const { bidder, kind, value } = offer
  const leader = auction.maximums[0]
  const raises = kind === 'maximum' && leader?.bidder === bidder
  if (value < (raises ? leader.maximum + 1 : naiveMinimum(terms, auction.price))) return undefined

  const own = auction.maximums.find((maximum) => maximum.bidder === bidder)
  const standing = {
    bidder,
    maximum: Math.max(value, own?.maximum ?? 0),
    manual: Math.max(kind === 'amount' ? value : 0, own?.manual ?? 0),
    sequence: auction.count + 1,
  }
  const maximums = [...auction.maximums.filter((maximum) => maximum.bidder !== bidder), standing].sort(
    (one, other) => other.maximum - one.maximum || one.sequence - other.sequence,
  )
  return { maximums, count: auction.count + 1, price: naivePrice(terms, auction, offer, maximums) }
}

function naivePrice(
  terms: Terms,
  before: NaiveAuction,
  offer: NaiveOffer,
  maximums: readonly Standing[],
): number | null {
  const leads = before.maximums[0]?.bidder === offer.bidder
  if (leads && offer.kind === 'amount') return offer.value
  const { reservePrice } = terms
  if (leads) {
    const isMet = reservePrice === null || (before.price ?? 0) >= reservePrice
    return !isMet && offer.value >= reservePrice ? reservePrice : before.price
  }
  const [first, second] = maximums
  if (first === undefined) return null
  const contested =
    second === undefined
      ? terms.startingPrice
      : Math.min(first.maximum, second.maximum + naiveStep(terms, second.maximum))
  const price = Math.max(contested, first.manual)
  const isByHand = first.bidder === offer.bidder && offer.kind === 'amount'
  return reservePrice === null || isByHand ? price : Math.max(price, Math.min(first.maximum, reservePrice))
}

function naiveMinimum(terms: Terms, price: number | null): number {
  return price === null ? terms.startingPrice : price + naiveStep(terms, price)
}

function naiveStep({ increments }: Terms, price: number): number {
  const reached = increments.filter(({ from }) => from <= price)
  return (reached.at(-1) ?? increments[0])?.step ?? 0
}
