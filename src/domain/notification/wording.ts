import type { Amount } from '../../kernel/amount.ts'
import { type AuctionId, type NotificationId, publicRoomId, type RoomId } from '../../kernel/id.ts'
import type { Instant } from '../../kernel/instant.ts'
import type { Telling } from './consequences.ts'
import type { Notification } from './notification.ts'

/** What a notification says of its auction. */
export interface AuctionSubject {
  readonly id: AuctionId
  readonly roomId: RoomId
  readonly title: string
  readonly currency: string
}

/** The notification of one telling about an auction. */
export function notificationOf(
  telling: Telling,
  { id: auctionId, roomId, title, currency }: AuctionSubject,
  made: { readonly id: NotificationId; readonly createdAt: Instant },
): Notification {
  const { kind, price } = telling
  return {
    ...made,
    kind,
    ...wording(telling, title, currency),
    subjectId: auctionId,
    data: { auctionId, roomId: publicRoomId(roomId), price, currency, ...detailsOf(telling) },
    readAt: null,
  }
}

/** What the data of a kind holds beyond that of all kinds. */
function detailsOf(telling: Telling): object {
  switch (telling.kind) {
    case 'AUCTION_CANCELLED':
      return { reason: telling.reason }
    case 'BID_VOIDED': {
      const { amount, bidIds, voidReason, reason } = telling
      return { amount, bidIds, voidReason, reason }
    }
    default:
      return {}
  }
}

interface Wording {
  readonly title: string
  readonly body: string
}

function wording(telling: Telling, title: string, currency: string): Wording {
  const price = telling.price === null ? 'no price' : formatAmount(telling.price, currency)
  switch (telling.kind) {
    case 'OUTBID':
      return { title: `Outbid: ${title}`, body: `Somebody bid more for “${title}”: it stands at ${price}.` }
    case 'AUCTION_WON':
      return { title: `Won: ${title}`, body: `You won “${title}” for ${price}.` }
    case 'AUCTION_LOST':
      return { title: `Not won: ${title}`, body: `“${title}” closed at ${price}; you did not win it.` }
    case 'AUCTION_ENDING':
      return { title: `Ending soon: ${title}`, body: `“${title}” ends in a minute: it stands at ${price}.` }
    case 'LEADING':
      return {
        title: `You lead: ${title}`,
        body: `A bid was voided: you lead “${title}” at ${price}.`,
      }
    case 'AUCTION_CANCELLED':
      return { title: `Cancelled: ${title}`, body: withReason(`“${title}” was cancelled.`, telling.reason) }
    case 'BID_VOIDED':
      return { title: `Bid voided: ${title}`, body: bodyOfVoid(telling, title, currency) }
  }
}

type BidVoided = Extract<Telling, { readonly kind: 'BID_VOIDED' }>

function bodyOfVoid(
  { amount, bidIds, voidReason, reason }: BidVoided,
  title: string,
  currency: string,
): string {
  const highest = formatAmount(amount, currency)
  const voided =
    bidIds.length === 1
      ? `Your bid of ${highest} on “${title}” was voided`
      : `${bidIds.length} of your bids on “${title}”, up to ${highest}, were voided`
  switch (voidReason) {
    case 'MODERATED':
      return withReason(`${voided}.`, reason)
    case 'UNFUNDED':
      return `${voided}: another bid was voided, and your wallet does not cover yours.`
    case 'RECOMPUTED':
      return `${voided}: another bid was voided, and yours no longer meets the minimum.`
  }
}

function withReason(sentence: string, reason: string): string {
  return reason === '' ? sentence : `${sentence} Reason: ${reason}`
}

/** `1050` of `EUR` is `10.50 EUR`; of a currency that is none of ISO 4217 the minor units are counted. */
export function formatAmount(amount: Amount, currency: string): string {
  const digits = DIGITS.get(currency) ?? 0
  const whole = String(Math.abs(amount)).padStart(digits + 1, '0')
  const cut = whole.length - digits
  const text = digits === 0 ? whole : `${whole.slice(0, cut)}.${whole.slice(cut)}`
  return `${amount < 0 ? '-' : ''}${text} ${currency}`
}

/** Making a format takes longer than all else here: of each currency once. */
const DIGITS = new Map(
  Intl.supportedValuesOf('currency').map((currency) => [currency, digitsOfIso(currency)] as const),
)

function digitsOfIso(currency: string): number {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency })
  return format.resolvedOptions().maximumFractionDigits ?? 0
}
