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
  { kind, price }: Telling,
  { id: auctionId, roomId, title, currency }: AuctionSubject,
  made: { readonly id: NotificationId; readonly createdAt: Instant },
): Notification {
  const priceText = price === null ? 'no price' : formatAmount(price, currency)
  return {
    ...made,
    kind,
    ...wording(kind, title, priceText),
    subjectId: auctionId,
    data: { auctionId, roomId: publicRoomId(roomId), price, currency },
    readAt: null,
  }
}

function wording(kind: Telling['kind'], title: string, price: string): { title: string; body: string } {
  switch (kind) {
    case 'OUTBID':
      return { title: `Outbid: ${title}`, body: `Somebody bid more for “${title}”: it stands at ${price}.` }
    case 'AUCTION_WON':
      return { title: `Won: ${title}`, body: `You won “${title}” for ${price}.` }
    case 'AUCTION_LOST':
      return { title: `Not won: ${title}`, body: `“${title}” closed at ${price}; you did not win it.` }
    case 'AUCTION_ENDING':
      return { title: `Ending soon: ${title}`, body: `“${title}” ends in a minute: it stands at ${price}.` }
  }
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
