import type { Executor } from '../../../engine/storage/database.ts'
import { statement } from '../../../engine/storage/statement.ts'
import type { RoomId } from '../../rooms/ids.ts'
import {
  AND_MEMBERS,
  FROM_CALLERS,
  roomsSeen,
  usersOf,
  type VisibilityRow,
} from '../../rooms/reads/visibility-checks.ts'
import type { Caller } from '../../rooms/rules/access.ts'
import type { AuctionId } from '../ids.ts'

/** A question whether `caller` may see an auction. */
export interface AuctionVisibilityQuery {
  readonly auctionId: AuctionId
  readonly caller: Caller
}

const AUCTION_VISIBILITY = statement<VisibilityRow>(
  'auction_visibility',
  `${FROM_CALLERS} JOIN auctions ON auctions.id = asking.wanted JOIN rooms ON rooms.id = auctions.room_id ${AND_MEMBERS}`,
)

/** The auction's room for each query; undefined if the auction does not exist for that caller. */
export async function checkAuctionVisibility(
  executor: Executor,
  queries: readonly AuctionVisibilityQuery[],
): Promise<readonly (RoomId | undefined)[]> {
  const wanted = queries.map(({ auctionId }) => auctionId)
  const seen = roomsSeen(await AUCTION_VISIBILITY(executor, wanted, usersOf(queries)), queries)
  return queries.map((_, index) => seen.get(index))
}
