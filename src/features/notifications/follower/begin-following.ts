import { BEGINNING } from '../../../engine/kernel/position.ts'
import type { Transaction } from '../../../engine/storage/database.ts'
import type { AuctionState } from '../../auctions/rules/auction.ts'
import { auctionTopic } from '../../auctions/topics.ts'
import { beginFollowing } from '../rules/following.ts'
import { followers } from '../tables.ts'

/** Follows a new auction from its first entry. */
export async function followNewAuction(tx: Transaction, { terms, standing }: AuctionState): Promise<void> {
  const state = beginFollowing(standing, terms.createdAt)
  await tx.insert(followers).values({ topic: auctionTopic(terms.id), position: BEGINNING, state })
}
