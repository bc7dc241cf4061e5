/**
 * Why a bid was voided: a moderator voided it or an earlier one of its bidder; the recomputation without the voided bids
 * does not yield it; its bidder would lead and cannot pay.
 */
export const VOID_REASONS = ['MODERATED', 'RECOMPUTED', 'UNFUNDED'] as const
export type VoidReason = (typeof VOID_REASONS)[number]
