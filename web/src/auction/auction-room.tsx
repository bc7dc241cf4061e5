import type { Auction, Bid } from '@rostrum/client'
import { useAuction, useAuctions } from '@rostrum/client/react'
import { useEffect, useState } from 'react'
import { useHere } from '../here.ts'
import { ScrollArea } from '../scroll-area.tsx'
import { SignIn } from '../sign-in.tsx'
import { BidList } from './bid-list.tsx'
import { Bidding } from './bidding.tsx'
import { Lot } from './lot.tsx'
import { LotList } from './lot-list.tsx'
import { useOwnBidding } from './own-bidding.ts'
import { PriceChart } from './price-chart.tsx'
import { Ranking } from './ranking.tsx'
import { isOver, ownBids, standing } from './standing.ts'
import { Wallet } from './wallet.tsx'

/** How long one that is over stays before the eyes, before the next one comes. */
const NEXT_AFTER_MS = 2_000

export function AuctionRoom() {
  const { roomId, myId, onShown } = useHere()
  const live = useAuctions(roomId)
  const lots = live.kind === 'live' ? live.state : []
  const { shownId, show } = useShown(lots)
  useEffect(() => {
    onShown(shownId ?? null)
    return () => onShown(null)
  }, [shownId, onShown])
  const before = lots.findLast((lot) => isOver(lot) && lot.id !== shownId)
  return (
    <>
      {shownId === undefined ? <NoLot /> : <ShownLot key={shownId} auctionId={shownId} />}
      <section id="lots" aria-labelledby="lots-title">
        <h2 id="lots-title">Lots</h2>
        <ScrollArea labelledBy="lots-title">
          <LotList lots={lots} shownId={shownId} onShow={show} />
        </ScrollArea>
        <p className="soft line" id="before">
          {before !== undefined && `Before this: ${before.title}. ${standing(before, myId, 'none')}.`}
        </p>
      </section>
    </>
  )
}

function NoLot() {
  return (
    <section id="lot">
      <h1 id="title">Waiting for the next lot…</h1>
      <div className="taking-part">
        <SignIn />
      </div>
    </section>
  )
}

function ShownLot({ auctionId }: { readonly auctionId: string }) {
  const { myId } = useHere()
  const live = useAuction(auctionId)
  if (live.kind !== 'live') return <section id="lot" aria-busy="true" />
  const { auction, bids } = live.state
  return (
    <>
      <LotOfViewer auction={auction} bids={bids} myId={myId} />
      <section id="history" aria-labelledby="history-title">
        <BidList auction={auction} bids={bids} />
      </section>
      <section id="chart" aria-labelledby="chart-title">
        <PriceChart auction={auction} bids={bids} />
      </section>
      <section id="ranking" aria-labelledby="ranking-title">
        <Ranking auction={auction} />
      </section>
    </>
  )
}

interface LotProps {
  readonly auction: Auction
  /** The latest; earlier ones of the viewer are known to the server alone. */
  readonly bids: readonly Bid[]
  readonly myId: string | null
}

function LotOfViewer({ auction, bids, myId }: LotProps) {
  const own = useOwnBidding(auction, myId !== null)
  const shown = ownBids(bids, myId)
  return (
    <Lot auction={auction} own={shown === 'none' ? own.bids : shown}>
      <SignIn />
      {myId !== null && <Bidding auction={auction} own={own} />}
      {myId !== null && <Wallet auction={auction} />}
    </Lot>
  )
}

interface Shown {
  readonly shownId: string | undefined
  readonly show: (auctionId: string) => void
}

/** The lot that was chosen; else the one that ends next, until it is over and was seen to be. */
function useShown(lots: readonly Auction[]): Shown {
  const [shown, setShown] = useState<{ readonly id: string; readonly isChosen: boolean }>()
  const next =
    lots.find(({ phase }) => phase === 'LIVE' || phase === 'PAUSED') ?? lots.find((lot) => !isOver(lot))
  const current = lots.find(({ id }) => id === shown?.id)
  const nextId = next?.id
  // One that ended while the connection was away is in no list.
  const isAtEnd = (current === undefined || isOver(current)) && shown?.isChosen === false
  useEffect(() => {
    if (nextId === undefined) return
    if (shown === undefined) setShown({ id: nextId, isChosen: false })
    if (!isAtEnd) return
    const timer = setTimeout(() => setShown({ id: nextId, isChosen: false }), NEXT_AFTER_MS)
    return () => clearTimeout(timer)
  }, [nextId, shown, isAtEnd])

  function show(auctionId: string): void {
    const lot = lots.find(({ id }) => id === auctionId)
    // Whoever looks at one that is over stays there; whoever follows a live one goes on to the next.
    setShown({ id: auctionId, isChosen: lot !== undefined && isOver(lot) })
  }
  return { shownId: shown?.id, show }
}
