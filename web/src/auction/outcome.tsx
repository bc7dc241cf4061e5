import { type Auction, formatMoney } from '@rostrum/client'
import { useHere } from '../here.ts'
import type { OwnBidding } from './own-bidding.ts'

/** What the end of an auction means to the viewer, in place of the bid form. */
export function Outcome({ auction, own }: { readonly auction: Auction; readonly own: OwnBidding }) {
  const { myId } = useHere()
  return (
    <p id="outcome" role="status">
      {words(auction, own, myId)}
    </p>
  )
}

function words(auction: Auction, { highest }: OwnBidding, myId: string | null): string {
  const { phase, winner, seller, funded, leader, bidCount } = auction
  if (seller.id === myId) return wordsForSeller(auction)
  if (phase === 'SOLD' && winner !== null) {
    const { price, user, settledAt } = winner
    if (user.id === myId) {
      const paid =
        settledAt !== null ? ' It was paid from your wallet.' : funded ? ' Your wallet pays it.' : ''
      return `Congratulations, the lot is yours for ${formatMoney(price, auction)}.${paid}`
    }
    if (highest === null) return ''
    return price > highest
      ? `It sold for ${formatMoney(price - highest, auction)} more than your highest bid.`
      : `${user.name} bid ${formatMoney(price, auction)} before you did.`
  }
  if (phase === 'CANCELLED') return 'The auctioneer withdrew this lot. No bid on it counts.'
  if (bidCount === 0) return 'Nobody bid.'
  const isMine = leader !== null && leader.id === myId
  return isMine ? 'You had the highest bid, below the reserve.' : 'The highest bid was below the reserve.'
}

function wordsForSeller({ phase, winner }: Auction): string {
  if (phase === 'SOLD' && winner !== null) {
    return winner.settledAt === null
      ? `${winner.user.name} bought it.`
      : `${winner.user.name} bought it and has paid.`
  }
  return phase === 'CANCELLED' ? 'This lot was withdrawn.' : 'Nobody bought it.'
}
