import type { Brand } from '../../engine/kernel/brand.ts'
import { defineId, reserveIdPrefix } from '../../engine/kernel/id.ts'

export type LeaderboardArchiveId = Brand<string, 'LeaderboardArchiveId'>

const leaderboardArchiveIds = defineId<LeaderboardArchiveId>('arc_')
export const newLeaderboardArchiveId = leaderboardArchiveIds.create
export const asLeaderboardArchiveId = leaderboardArchiveIds.as

/** Leaderboards have no rows of their own: their ids name the auction or the room that they rank. */
export const leaderboardPrefix = reserveIdPrefix('lb_')
