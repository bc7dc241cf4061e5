import type { AggregateChange } from '../../engine/commands/aggregate.ts'
import type { Entry } from '../../engine/history/entry.ts'
import { HookPoint } from '../../engine/hooks.ts'
import type { UserId } from '../../engine/kernel/id.ts'
import type { Topic } from '../../engine/kernel/topic.ts'
import type { Transaction } from '../../engine/storage/database.ts'
import type { AuctionId } from './ids.ts'
import type { AuctionState } from './rules/auction.ts'
import type { BidHistory } from './rules/bid-history.ts'
import type { AuctionEvent } from './rules/event.ts'

/** The part of an auction's state that a projection sees. */
export interface ProjectedState {
  readonly auction: AuctionState | null
  /** Loaded only where bids are to be voided. */
  readonly bidHistory: BidHistory
}

/** State that another feature derives from an auction's bids, loaded under the auction's lock. Immutable. */
export interface AuctionProjection {
  /** Writes what the batch changed. Returns the entries that it appended to other topics, and the state after them. */
  save(
    tx: Transaction,
    change: AggregateChange<ProjectedState, AuctionEvent>,
  ): Promise<{ readonly projection: AuctionProjection; readonly entries: readonly Entry[] }>
}

/** Hooks that other features run in auction transactions. */
export interface AuctionHook {
  /** Topics to create together with the auction. */
  topicsOf?(id: AuctionId): readonly Topic[]
  onCreate?(tx: Transaction, auction: AuctionState): Promise<void>
  /** Called before a batch that may change bids, unless the projection after the previous batch is still cached. */
  loadProjection?(tx: Transaction, id: AuctionId, leader: UserId | null): Promise<AuctionProjection>
}

export const auctionHooks = new HookPoint<AuctionHook>('auctions')
