import type { Texts } from './texts.ts'

const CURSOR = 'The position after the last entry of this command. Pass it to `bids(after:)`.'
const AUCTION_AFTER = 'The auction right after this entry, also on replay.'
const AUCTION_ID = 'The id of an auction (`auc_…`).'

/** Auctions, bids and what happens to them. */
export const AUCTION_TEXTS: Texts = {
  AuctionFormat: 'How an auction is run. ENGLISH: ascending bids, the highest wins.',
  AuctionPhase:
    'SCHEDULED until it opens, LIVE while it accepts bids, PAUSED while its clock is stopped. SOLD, UNSOLD and CANCELLED are final.',
  BidKind:
    'MANUAL: the bidder named the amount. PROXY: the server bid up to a maximum. BUY_NOW: the bidder bought at the fixed price.',
  'IncrementBand.from': 'The current price from which the band applies, in minor units.',
  'IncrementBand.step': 'The minimum increment over the current price, in minor units, at least 1.',
  'SoftClose.windowMs': 'A visible bid with less time left than this extends the auction. Milliseconds.',
  'SoftClose.extensionMs': 'The minimum time left after an extension. Milliseconds.',
  'SoftClose.capMs':
    'How far extensions may move the end past `originalEndsAt`, pauses not counted. Milliseconds.',

  AuctionWinner: 'The buyer of an auction that was SOLD.',
  'AuctionWinner.user': 'The buyer.',
  'AuctionWinner.price': 'The amount the buyer pays, in minor units of the auction’s currency.',
  'AuctionWinner.settledAt':
    'When the price moved from the buyer’s wallet to the seller’s; null for auctions that are not `funded`.',

  Bid: 'A visible bid. Bids are never deleted: a moderator voids them.',
  'Bid.auctionId': 'The auction it was placed in.',
  'Bid.bidder': 'The user who placed the bid, or for whom the server placed it.',
  'Bid.amount': 'In minor units of the auction’s currency.',
  'Bid.kind': 'Whether the bidder or the server named the amount.',
  'Bid.placedAt': 'When it was accepted, by the database’s clock.',
  'Bid.voidedAt': 'When it was voided; null if it was not.',

  Auction:
    'An auction. Amounts are in minor units of `currency`. The reserve and the maximums of others are never shown.',
  'Auction.roomId': 'Its room: users who see the room see the auction.',
  'Auction.title': 'The item for sale, 1 to 200 characters.',
  'Auction.description': 'Details, at most 10,000 characters; may be empty.',
  'Auction.format': 'How it is run.',
  'Auction.seller': 'The user who sells. Sellers cannot bid in their own auctions.',
  'Auction.startingPrice': 'The minimum of the first bid.',
  'Auction.hasReserve': 'Whether it has a reserve price. The price itself is the seller’s secret.',
  'Auction.increments': 'The minimum increment by current price, in ascending order.',
  'Auction.softClose': 'How late bids extend it; null if they do not.',
  'Auction.startsAt': 'When it opens, or opened.',
  'Auction.originalEndsAt': 'The end it was created with, before any extension or pause.',
  'Auction.phase': 'Its current phase.',
  'Auction.reserveMet': 'Whether the current price meets the reserve. Always true without a reserve.',
  'Auction.leader': 'The user who would win now; null without a bid.',
  'Auction.bidCount': 'The number of visible bids that were not voided.',
  'Auction.bidderCount': 'The number of users with bids that were not voided.',
  'Auction.extensionCount': 'The number of extensions by late bids.',
  'Auction.winner': 'The buyer; null unless it was SOLD.',
  'Auction.leaderboard': 'The ranking of its bidders by their highest visible bids.',

  BidEvent: 'An entry of an auction’s history. Without `after`, the first is AuctionSnapshot.',
  'AuctionSnapshot.auction': 'The auction at `cursor`.',
  AuctionStarted: 'The auction opened: it is LIVE.',
  'AuctionStarted.auction': AUCTION_AFTER,
  AuctionPaused: 'Bidding is paused, and the clock is stopped.',
  'AuctionPaused.auction': AUCTION_AFTER,
  AuctionResumed: 'Bidding is open again. `endsAt` moved by the length of the pause.',
  'AuctionResumed.auction': AUCTION_AFTER,
  'BidPlaced.bid': 'The bid.',
  'BidPlaced.auction': AUCTION_AFTER,
  'BidVoided.bid': 'The bid that the moderator named, or the first of a removed bidder.',
  'BidVoided.auction': AUCTION_AFTER,
  ReserveMet: 'The price reached the reserve: the auction will be sold.',
  'ReserveMet.auction': AUCTION_AFTER,
  AuctionExtended: 'A late bid moved the end.',
  'AuctionExtended.previousEndsAt': 'The end before it moved.',
  'AuctionExtended.auction': AUCTION_AFTER,
  AuctionSold: 'The auction ended with a buyer.',
  'AuctionSold.winner': 'The buyer and the price.',
  'AuctionSold.auction': AUCTION_AFTER,
  AuctionUnsold: 'The auction ended without a bid, or below its reserve.',
  'AuctionUnsold.auction': AUCTION_AFTER,
  AuctionCancelled: 'The auction was cancelled. Money held for bids is released.',
  'AuctionCancelled.reason': 'Why, as given by the user who cancelled it.',
  'AuctionCancelled.auction': AUCTION_AFTER,

  AuctionPayload: 'An accepted command on an auction.',
  'AuctionPayload.auction': 'The auction as it is now.',
  'AuctionPayload.cursor': CURSOR,
  AuctionResult: 'AuctionPayload, or why nothing was changed.',
  'BidAccepted.outcome': 'The outcome of the bid.',
  'BidAccepted.bid': 'The bidder’s own bid that this command made visible; null if it only raised a maximum.',
  'BidAccepted.auction': 'The auction as it is now.',
  'BidAccepted.cursor': CURSOR,
  PlaceBidResult:
    'BidAccepted, or the reason for the rejection: BID_BELOW_MINIMUM (with `minimum`), PRICE_CHANGED, INSUFFICIENT_FUNDS (with `available` and `required`), AUCTION_ENDED and others.',

  IncrementBandInput: 'See IncrementBand. Bands ascend by `from`.',
  'IncrementBandInput.from': 'The current price from which the band applies, in minor units.',
  'IncrementBandInput.step': 'The minimum increment, in minor units, at least 1.',
  SoftCloseInput: 'See SoftClose.',
  'SoftCloseInput.windowMs': 'Bids with less time left than this extend the auction. Milliseconds.',
  'SoftCloseInput.extensionMs': 'The minimum time left after an extension. Milliseconds.',
  'SoftCloseInput.capMs': 'The maximum total extension. Milliseconds.',
  CreateAuctionInput:
    'The terms of a new auction. A term out of its range is Rejected INVALID_INPUT with `field`.',
  'CreateAuctionInput.roomId': 'The room to hold it in.',
  'CreateAuctionInput.title': '1 to 200 characters.',
  'CreateAuctionInput.description': 'At most 10,000 characters; empty if left out.',
  'CreateAuctionInput.format': 'ENGLISH if left out.',
  'CreateAuctionInput.startingPrice': 'The minimum of the first bid, in minor units.',
  'CreateAuctionInput.reservePrice': 'At least `startingPrice`; secret. None if left out.',
  'CreateAuctionInput.buyNowPrice':
    'At least `reservePrice`, and 130 % of `startingPrice`. Available until the first bid, or until the reserve is met.',
  'CreateAuctionInput.increments': 'The server’s default table if left out.',
  'CreateAuctionInput.softClose': 'No extensions if left out.',
  'CreateAuctionInput.funded': 'True: bids hold money in the bidders’ wallets. False if left out.',
  'CreateAuctionInput.startsAt': 'At once if left out.',
  'CreateAuctionInput.endsAt': 'In the future, and after `startsAt`.',
  'CreateAuctionInput.idempotencyKey':
    '1 to 128 characters. A retry with the same key and input gets the first answer; with another input it is refused.',
  'PlaceBidInput.auctionId': AUCTION_ID,
  'PlaceBidInput.amount': 'The price to bid, in minor units, at least `Auction.minimumBid`.',
  'PlaceBidInput.maximum':
    'The highest amount the server may bid, in minor units. A maximum can be raised, not lowered.',
  'PlaceBidInput.idempotencyKey': '1 to 128 characters. A retry with the same key gets the first answer.',

  'Query.auction': 'The auction with this id. Null if it does not exist or the caller may not see it.',
  'Query.auctions':
    'The auctions that the caller may see, newest first, 20 to a page by default and at most 100.',
  'Mutation.createAuction':
    'For the room’s OWNER and MODERATOR, administrators and services. Errors: UNAUTHENTICATED, FORBIDDEN.',
  'Mutation.pauseAuction': 'For the seller and users who may create auctions in the room. Stops the clock.',
  'Mutation.resumeAuction': 'For the same users as pauseAuction. The end moves by the length of the pause.',
  'Mutation.cancelAuction':
    'For the same users as pauseAuction. An auction that is SOLD or UNSOLD cannot be cancelled.',
  'Mutation.placeBid':
    'For any signed-in user who sees the room, except the seller. Errors: UNAUTHENTICATED.',
  'Mutation.buyNow':
    'Buys at the fixed price. `price` is the price the buyer saw: if it changed, Rejected PRICE_CHANGED; if it is no longer available, BUY_NOW_UNAVAILABLE.',
  'Subscription.bids': 'The history of one auction. Errors: NOT_FOUND, FORBIDDEN, CURSOR_INVALID.',
}
