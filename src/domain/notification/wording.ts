import type { AuctionId, NotificationId, RoomId } from '../../kernel/id.ts'
import type { Instant } from '../../kernel/instant.ts'
import { type CurrencyTerms, exponentIn, formatAmount } from '../currency.ts'
import type { Telling } from './consequences.ts'
import type { Notification } from './notification.ts'

/** What a notification says of its auction. */
export interface AuctionSubject extends CurrencyTerms {
  readonly id: AuctionId
  readonly roomId: RoomId
  readonly title: string
}

/** The notification of one telling about an auction. */
export function notificationOf(
  { kind, price }: Telling,
  subject: AuctionSubject,
  made: { readonly id: NotificationId; readonly createdAt: Instant },
): Notification {
  const { id: auctionId, roomId, title, currency } = subject
  const priceText = price === null ? 'no price' : formatAmount(price, subject)
  return {
    ...made,
    kind,
    ...wording(kind, title, priceText),
    subjectId: auctionId,
    data: { auctionId, roomId, price, currency, currencyExponent: exponentIn(subject) },
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
