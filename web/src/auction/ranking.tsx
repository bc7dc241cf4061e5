import { type Auction, formatMoney } from '@rostrum/client'
import { useAuctionLeaderboard } from '@rostrum/client/react'
import { Standings } from '../standings.tsx'

/** The bidders by their highest bid. */
export function Ranking({ auction }: { readonly auction: Auction }) {
  const live = useAuctionLeaderboard(auction.id)
  return (
    <>
      <h2 id="ranking-title">Ranking</h2>
      <Standings
        labelledBy="ranking-title"
        standings={live.kind === 'live' ? live.state : []}
        wordsFor={(score) => formatMoney(score, auction)}
      />
    </>
  )
}
