import { type Auction, type Bid, type Currency, formatMoney } from '@rostrum/client'
import { memo } from 'react'
import { useHere } from '../here.ts'
import { LoadMore } from '../load-more.tsx'
import type { Older } from '../older.ts'
import { ScrollArea } from '../scroll-area.tsx'
import { timeOf } from '../time.ts'

interface Props {
  readonly auction: Auction
  /** Newest first. */
  readonly history: Older<Bid>
}

/** The bids, the newest first. */
export function BidList({ auction, history }: Props) {
  const { myId } = useHere()
  const { bidCount, bidderCount, hasReserve, reserveMet } = auction
  const people = `${bidderCount} ${bidderCount === 1 ? 'person' : 'people'}`
  const reserve = !hasReserve ? '' : reserveMet ? ', reserve met' : ', reserve not met'
  return (
    <>
      <h2 id="history-title" className="line">
        Bids
        <span className="soft beside" id="bid-count">
          {bidCount > 0 && `${bidCount} by ${people}${reserve}`}
        </span>
      </h2>
      <ScrollArea labelledBy="history-title">
        <ol id="bids" className="lines bids">
          {history.items.map((bid) => (
            <Line
              key={bid.id}
              bid={bid}
              currency={auction.currency}
              currencyExponent={auction.currencyExponent}
              isMine={bid.bidder.id === myId}
            />
          ))}
        </ol>
        <LoadMore older={history}>Load earlier bids</LoadMore>
      </ScrollArea>
    </>
  )
}

const VOIDED = {
  MODERATED: 'voided',
  RECOMPUTED: 'voided, recalculated',
  UNFUNDED: 'voided, not covered by the wallet',
} as const satisfies Record<NonNullable<Bid['voidReason']>, string>

interface LineProps extends Currency {
  readonly bid: Bid
  readonly isMine: boolean
}

const Line = memo(function Line({ bid, isMine, ...currency }: LineProps) {
  const { amount, bidder, kind, placedAt, voidReason } = bid
  const name = isMine ? `${bidder.name} (you)` : bidder.name
  return (
    <li className={`${isMine ? 'mine' : ''} ${voidReason === null ? '' : 'voided'}`}>
      <span>{formatMoney(amount, currency)}</span>
      <span title={name}>
        <bdi>{name}</bdi>
        {kind === 'PROXY' && ', auto'}
        {voidReason !== null && `, ${VOIDED[voidReason]}`}
      </span>
      <span className="soft">{timeOf(placedAt, true)}</span>
    </li>
  )
})
