const AUCTION = `id roomId phase currentPrice minimumBid hasReserve reserveMet buyNowPrice leader { id } seller { id }
  bidCount bidderCount startsAt endsAt originalEndsAt extensionCount winner { user { id } price settledAt }`

const REJECTED = `... on Rejected { code reason field minimum }`
const AUCTION_RESULT = `__typename ... on AuctionPayload { cursor auction { ${AUCTION} cursor } } ${REJECTED}`
const BID_RESULT = `__typename ... on BidAccepted {
    outcome cursor bid { id amount kind sequence bidder { id } } auction { ${AUCTION} cursor myMaximum }
  } ${REJECTED}`

export const CREATE_AUCTION = `mutation ($input: CreateAuctionInput!) { createAuction(input: $input) { ${AUCTION_RESULT} } }`
export const PLACE_BID = `mutation ($input: PlaceBidInput!) { placeBid(input: $input) { ${BID_RESULT} } }`
export const BUY_NOW = `mutation ($auctionId: ID!, $price: Amount!, $key: String!) {
  buyNow(auctionId: $auctionId, price: $price, idempotencyKey: $key) { ${BID_RESULT} } }`
export const PAUSE = `mutation ($id: ID!) { pauseAuction(auctionId: $id) { ${AUCTION_RESULT} } }`
export const RESUME = `mutation ($id: ID!) { resumeAuction(auctionId: $id) { ${AUCTION_RESULT} } }`
export const HAMMER = `mutation ($id: ID!) { hammerAuction(auctionId: $id) { ${AUCTION_RESULT} } }`
export const CANCEL = `mutation ($id: ID!, $reason: String!) { cancelAuction(auctionId: $id, reason: $reason) { ${AUCTION_RESULT} } }`
export const VOID = `mutation ($id: ID!, $reason: String!) { voidBid(bidId: $id, reason: $reason) { ${AUCTION_RESULT} } }`
export const AUCTION_QUERY = `query ($id: ID!) { auction(id: $id) { ${AUCTION} cursor myMaximum } }`

export const BIDS = `subscription ($id: ID!, $after: Cursor) { bids(auctionId: $id, after: $after) {
  __typename
  ... on Event { offset cursor at }
  ... on AuctionSnapshot { reset auction { ${AUCTION} cursor } }
  ... on AuctionStarted { auction { ${AUCTION} } }
  ... on AuctionPaused { auction { ${AUCTION} } }
  ... on AuctionResumed { auction { ${AUCTION} } }
  ... on BidPlaced { bid { id amount kind sequence bidder { id } } auction { ${AUCTION} } }
  ... on BidVoided { bid { id amount kind sequence bidder { id } } bids { id amount voidReason } reason auction { ${AUCTION} } }
  ... on AuctionExtended { previousEndsAt auction { ${AUCTION} } }
  ... on ReserveMet { auction { ${AUCTION} } }
  ... on AuctionSold { winner { user { id } price settledAt } auction { ${AUCTION} } }
  ... on AuctionUnsold { auction { ${AUCTION} } }
  ... on AuctionCancelled { reason auction { ${AUCTION} } }
} }`

export const AUCTION_STATE = `subscription ($id: ID!, $everyMs: Int) {
  auctionState(auctionId: $id, everyMs: $everyMs) { ${AUCTION} } }`

export interface Person {
  readonly id: string
}

export interface Auction {
  readonly id: string
  readonly roomId: string
  readonly phase: string
  readonly currentPrice: number | null
  readonly minimumBid: number
  readonly reserveMet: boolean
  readonly buyNowPrice: number | null
  readonly leader: Person | null
  readonly seller: Person
  readonly bidCount: number
  readonly bidderCount: number
  readonly startsAt: string
  readonly endsAt: string
  readonly originalEndsAt: string
  readonly extensionCount: number
  readonly winner: { readonly user: Person; readonly price: number } | null
  readonly cursor: string
}

export interface Bid {
  readonly id: string
  readonly amount: number
  readonly kind: string
  readonly sequence: number
  readonly bidder: Person
}

export interface Rejected {
  readonly __typename: string
  readonly code: string
  readonly reason: string
  readonly field: string | null
  readonly minimum: number | null
}

/** An answer with the members of the payload; those of a refusal are undefined in it, and the other way round. */
export interface AuctionAnswer extends Rejected {
  readonly cursor: string
  readonly auction: Auction
}

export interface BidAnswer extends AuctionAnswer {
  readonly outcome: string
  readonly bid: Bid | null
}

export interface AuctionEntry {
  readonly __typename: string
  readonly offset: number
  readonly cursor: string
  readonly at: string
  readonly auction: Auction
  readonly bid?: Bid
  readonly reset?: boolean
  readonly winner?: { readonly user: Person; readonly price: number }
  readonly previousEndsAt?: string
  readonly reason?: string
}

/** An entry in one line: `2 BidPlaced bob 1000 PROXY, then 1000 bob`. */
export function lineOf({ __typename, offset, auction, bid }: AuctionEntry): string {
  const bidding = bid === undefined ? '' : ` ${bid.bidder.id} ${bid.amount} ${bid.kind}`
  return `${offset} ${__typename}${bidding}, then ${auction.currentPrice} ${auction.leader?.id ?? 'nobody'}`
}
