import { rejectingWith } from '../../../engine/kernel/decision.ts'
import { ROOM_REJECTIONS } from '../../rooms/rules/rejections.ts'
import { WALLET_REJECTIONS } from '../../wallets/rules/rejections.ts'

export const AUCTION_REJECTIONS = [
  'AUCTION_NOT_STARTED',
  'AUCTION_ENDED',
  'AUCTION_PAUSED',
  'AUCTION_CANCELLED',
  'SELLER_CANNOT_BID',
  'BID_BELOW_MINIMUM',
  'BUY_NOW_UNAVAILABLE',
  'PRICE_CHANGED',
  'NO_BID_TO_HAMMER',
] as const

/** Rejects a command with a code of auctions or of the features they build on. */
export const reject = rejectingWith([...ROOM_REJECTIONS, ...WALLET_REJECTIONS, ...AUCTION_REJECTIONS])
