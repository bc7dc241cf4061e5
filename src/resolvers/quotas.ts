import { signedIn } from '../engine/hub/plan-context.ts'
import { isExemptFromQuotas, type RoomQuota } from '../features/rooms/rules/quota.ts'
import type { Rates } from '../platform/limits/rates.ts'
import type { CallContext } from './context.ts'
import { type RejectedResult, rejected } from './result.ts'
import { actorIn } from './signed-in.ts'

/** The room quota that applies to the caller; undefined if none. */
export function roomQuotaOf(context: CallContext): RoomQuota | undefined {
  return isExemptFromQuotas(actorIn(context)) ? undefined : context.services.quotas.rooms
}

/** The maximum number of open auctions for the caller; undefined if unlimited. */
export function maxOpenAuctionsOf(context: CallContext): number | undefined {
  return isExemptFromQuotas(actorIn(context)) ? undefined : context.services.quotas.openAuctions
}

/** Counts `count` users whom the caller contacts unasked. Returns the rejection if that exceeds the limit. */
export function contactsRefusal(context: CallContext, count: number): Promise<RejectedResult | undefined> {
  return refusalBy(
    context.services.quotas.contacts,
    context,
    count,
    'You reached too many people within a minute.',
  )
}

/** Counts a direct room that the caller opens. Returns the rejection if that exceeds the limit. */
export function directRoomRefusal(context: CallContext): Promise<RejectedResult | undefined> {
  return refusalBy(
    context.services.quotas.directRooms,
    context,
    1,
    'You opened too many direct rooms within an hour.',
  )
}

async function refusalBy(
  rates: Rates,
  context: CallContext,
  count: number,
  reason: string,
): Promise<RejectedResult | undefined> {
  const { user } = signedIn(context)
  if (count === 0 || isExemptFromQuotas(actorIn(context))) return undefined
  const retryAfterMs = Math.ceil(await rates.take(user.id, count))
  if (retryAfterMs === 0) return undefined
  return { ...rejected('RATE_LIMITED', `${reason} Wait a moment, then retry.`), retryAfterMs }
}
