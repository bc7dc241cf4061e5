import { type CurrencyTerms, exponentIn, formatAmount } from '../../../engine/kernel/currency.ts'
import type { Instant } from '../../../engine/kernel/instant.ts'
import type { AuctionId } from '../../auctions/ids.ts'
import { publicRoomId, type RoomId } from '../../rooms/ids.ts'
import type { NotificationId } from '../ids.ts'
import type { NotificationRequest } from './consequences.ts'
import type { Notification } from './notification.ts'

/** What a notification shows of its auction. */
export interface AuctionSubject extends CurrencyTerms {
  readonly id: AuctionId
  readonly roomId: RoomId
  readonly title: string
}

/** Builds the notification for one request about an auction. */
export function notificationOf(
  request: NotificationRequest,
  subject: AuctionSubject,
  made: { readonly id: NotificationId; readonly createdAt: Instant },
): Notification {
  const { id: auctionId, roomId, currency } = subject
  const { kind, price } = request
  return {
    ...made,
    kind,
    ...wording(request, subject),
    subjectId: auctionId,
    data: {
      ...{ auctionId, roomId: publicRoomId(roomId), price, currency },
      currencyExponent: exponentIn(subject),
      ...detailsOf(request),
    },
    readAt: null,
  }
}

/** The fields that a kind's data has in addition to the common ones. */
function detailsOf(request: NotificationRequest): object {
  switch (request.kind) {
    case 'AUCTION_CANCELLED':
      return { reason: request.reason }
    case 'BID_VOIDED': {
      const { amount, bidIds, voidReason, reason } = request
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

function wording(request: NotificationRequest, subject: AuctionSubject): Wording {
  const { title } = subject
  const price = request.price === null ? 'no price' : formatAmount(request.price, subject)
  switch (request.kind) {
    case 'OUTBID':
      return { title: `Outbid: ${title}`, body: `Someone outbid you on “${title}”: it is now at ${price}.` }
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
      return { title: `Cancelled: ${title}`, body: withReason(`“${title}” was cancelled.`, request.reason) }
    case 'BID_VOIDED':
      return { title: `Bid voided: ${title}`, body: bodyOfVoid(request, subject) }
  }
}

type BidVoided = Extract<NotificationRequest, { readonly kind: 'BID_VOIDED' }>

function bodyOfVoid({ amount, bidIds, voidReason, reason }: BidVoided, subject: AuctionSubject): string {
  const { title } = subject
  const highest = formatAmount(amount, subject)
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
