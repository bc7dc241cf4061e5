/**
 * Why a bid was voided: a moderator voided it or an earlier bid of the same bidder; recomputing without the voided
 * bids does not yield it; or its bidder would lead and cannot pay.
 */
export const VOID_REASONS = ['MODERATED', 'RECOMPUTED', 'UNFUNDED'] as const
export type VoidReason = (typeof VOID_REASONS)[number]
