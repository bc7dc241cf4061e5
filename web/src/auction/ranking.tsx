import type { Auction } from '@rostrum/client'
import { useAuctionLeaderboard } from '@rostrum/client/react'
import { money } from '../money.ts'
import { Standings } from '../standings.tsx'

/** Who has bid how much. */
export function Ranking({ auction: { id, currency } }: { readonly auction: Auction }) {
  const live = useAuctionLeaderboard(id)
  return (
    <>
      <h2 id="ranking-title">Ranking</h2>
      <Standings
        labelledBy="ranking-title"
        standings={live.kind === 'live' ? live.state : []}
        wordsFor={(score) => money(score, currency)}
      />
    </>
  )
}
