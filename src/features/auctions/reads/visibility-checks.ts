import type { Executor } from '../../../engine/storage/database.ts'
import { statement } from '../../../engine/storage/statement.ts'
import type { RoomId } from '../../rooms/ids.ts'
import {
  AND_MEMBERS,
  FROM_LOOKERS,
  type LookerRow,
  roomsSeen,
  usersOf,
} from '../../rooms/reads/visibility-checks.ts'
import type { Caller } from '../../rooms/rules/access.ts'
import type { AuctionId } from '../ids.ts'

/** Somebody who looks for an auction. */
export interface AuctionSight {
  readonly auctionId: AuctionId
  readonly caller: Caller
}

const AUCTION_SIGHTS = statement<LookerRow>(
  'auction_sights',
  `${FROM_LOOKERS} JOIN auctions ON auctions.id = looker.wanted JOIN rooms ON rooms.id = auctions.room_id ${AND_MEMBERS}`,
)

/** For each the room of the auction; undefined where no such auction exists for that caller. */
export async function readAuctionSights(
  executor: Executor,
  sights: readonly AuctionSight[],
): Promise<readonly (RoomId | undefined)[]> {
  const wanted = sights.map(({ auctionId }) => auctionId)
  const seen = roomsSeen(await AUCTION_SIGHTS(executor, wanted, usersOf(sights)), sights)
  return sights.map((_, index) => seen.get(index))
}
