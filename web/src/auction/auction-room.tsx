import type { Auction, Bid, Room } from '@rostrum/client'
import { useAuction } from '@rostrum/client/react'
import { useEffect } from 'react'
import { useAsk } from '../ask.ts'
import { BidsDocument } from '../gql/graphql.ts'
import { useHere } from '../here.ts'
import { LoadMore } from '../load-more.tsx'
import { useOlder } from '../older.ts'
import { ScrollArea } from '../scroll-area.tsx'
import { SignIn } from '../sign-in.tsx'
import { timeOf } from '../time.ts'
import { BidList } from './bid-list.tsx'
import { Bidding } from './bidding.tsx'
import { useEarlierLots } from './earlier-lots.ts'
import { Lot } from './lot.tsx'
import { LotList } from './lot-list.tsx'
import { endedLots } from './order.ts'
import { Outcome } from './outcome.tsx'
import { useOwnBidding } from './own-bidding.ts'
import { PriceChart } from './price-chart.tsx'
import { Ranking } from './ranking.tsx'
import { useShownLot } from './shown-lot.ts'
import { isOver, ownBids, standing } from './standing.ts'
import { Wallet } from './wallet.tsx'

interface Props {
  readonly room: Room
  readonly lots: readonly Auction[]
}

/** An auction room: the lot that is shown, its bids, and the other lots. */
export function AuctionRoom({ room, lots }: Props) {
  const { roomId, myId, onShown } = useHere()
  const { shownId, show } = useShownLot()
  const earlier = useEarlierLots(roomId, lots)
  useEffect(() => {
    onShown(shownId ?? null)
    return () => onShown(null)
  }, [shownId, onShown])
  const before = endedLots(earlier.items).find(({ id }) => id !== shownId)
  return (
    <>
      {shownId !== undefined ? (
        <ShownLot key={shownId} auctionId={shownId} room={room} />
      ) : earlier.isAwaitingLive ? (
        <section id="lot" aria-busy="true" />
      ) : (
        <NoLot room={room} />
      )}
      <section id="lots" aria-labelledby="lots-title">
        <h2 id="lots-title">Lots</h2>
        <ScrollArea labelledBy="lots-title">
          <LotList lots={earlier.items} shownId={shownId} onShow={show} />
          <LoadMore older={earlier}>Load earlier lots</LoadMore>
        </ScrollArea>
        <p className="soft line" id="before">
          {before !== undefined && `Before this: ${before.title}. ${standing(before, myId, 'none')}.`}
        </p>
      </section>
    </>
  )
}

function NoLot({ room }: { readonly room: Room }) {
  return (
    <section id="lot">
      <h1 id="title">{headingOf(room)}</h1>
      <div className="taking-part">{room.phase !== 'ENDED' && <SignIn />}</div>
    </section>
  )
}

function headingOf({ phase, startsAt, endedAt }: Room): string {
  switch (phase) {
    case 'SCHEDULED':
      return startsAt === null ? 'This room has not opened yet' : `This room opens at ${timeOf(startsAt)}`
    case 'ENDED':
      return endedAt === null ? 'This room has ended' : `This room ended at ${timeOf(endedAt)}`
    case 'PAUSED':
      return 'The auctioneer has paused the sale'
    case 'LIVE':
      return 'Waiting for the next lot…'
  }
}

function ShownLot({ auctionId, room }: { readonly auctionId: string; readonly room: Room }) {
  const { myId } = useHere()
  const live = useAuction(auctionId)
  if (live.kind !== 'live') return <section id="lot" aria-busy="true" />
  return <LiveLot {...live.state} myId={myId} isRoomPaused={room.phase === 'PAUSED'} />
}

interface LiveLotProps {
  readonly auction: Auction
  readonly bids: readonly Bid[]
  readonly voided: ReadonlyMap<string, Bid>
  readonly snapshot: string
  readonly myId: string | null
  readonly isRoomPaused: boolean
}

/** Number of bids in a snapshot. */
const FIRST_BIDS = 20

function LiveLot({ auction, bids, voided, snapshot, myId, isRoomPaused }: LiveLotProps) {
  const ask = useAsk()
  const history = useOlder(
    { items: bids, changed: voided, snapshot },
    bids.length >= FIRST_BIDS,
    async (after) => {
      const { auction: found } = await ask(BidsDocument, { auctionId: auction.id, after })
      const page = found?.bids
      const { hasNextPage = false, endCursor = null } = page?.pageInfo ?? {}
      return { items: page?.edges.map(({ node }) => node) ?? [], cursor: hasNextPage ? endCursor : null }
    },
    (one, other) => other.sequence - one.sequence,
  )
  return (
    <>
      <LotOfViewer auction={auction} bids={bids} myId={myId} isRoomPaused={isRoomPaused} />
      <section id="history" aria-labelledby="history-title">
        <BidList auction={auction} history={history} />
      </section>
      <section id="chart" aria-labelledby="chart-title">
        <PriceChart auction={auction} bids={history.items} isComplete={!history.hasMore} />
      </section>
      <section id="ranking" aria-labelledby="ranking-title">
        <Ranking auction={auction} />
      </section>
    </>
  )
}

interface LotProps {
  readonly auction: Auction
  /** The newest bids; only the server knows the viewer's earlier ones. */
  readonly bids: readonly Bid[]
  readonly myId: string | null
  readonly isRoomPaused: boolean
}

function LotOfViewer({ auction, bids, myId, isRoomPaused }: LotProps) {
  const own = useOwnBidding(auction, myId !== null)
  const shown = ownBids(bids, myId)
  const isSeller = auction.seller.id === myId
  const hasEnded = isOver(auction)
  return (
    <Lot auction={auction} own={shown === 'none' ? own.bids : shown}>
      {isRoomPaused && !hasEnded && (
        <p id="room-paused" role="status">
          The auctioneer has paused the sale. The clock stands still until it resumes.
        </p>
      )}
      {!hasEnded && <SignIn />}
      {hasEnded && <Outcome auction={auction} own={own} />}
      {myId !== null && !hasEnded && isSeller && <p id="own-lot">You are the seller of this lot.</p>}
      {myId !== null && !hasEnded && !isSeller && <Bidding auction={auction} own={own} />}
      {myId !== null && !isSeller && <Wallet auction={auction} />}
    </Lot>
  )
}
