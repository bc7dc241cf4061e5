import type { Auction } from '@rostrum/client'
import { useEffect, useState } from 'react'
import { useClient } from 'urql'
import { OwnBiddingDocument, type OwnBiddingQuery } from '../gql/graphql.ts'
import { isOver, type OwnBids } from './standing.ts'

type Asked = NonNullable<OwnBiddingQuery['auction']>['myBidding']

/** The signed-in user's own position in an auction. */
export interface OwnBidding {
  /** Their bids, as of the last query. */
  readonly bids: OwnBids
  readonly maximum: number | null
  /** Their highest bid that stands, as of the last query. */
  readonly highest: number | null
  /** Number of times that bids were voided. */
  readonly voids: number
  /** Sets the maximum from the answer to a command. */
  readonly setMaximum: (maximum: number | null) => void
}

/**
 * Private to the viewer, so shared subscriptions do not carry it. Queried when the page opens, when bids are voided and when the auction
 * ends; updated from the answers to bids.
 */
export function useOwnBidding(auction: Auction, isSignedIn: boolean): OwnBidding {
  const { id: auctionId, bidCount } = auction
  const client = useClient()
  const [bids, setBids] = useState<OwnBids>('none')
  const [maximum, setMaximum] = useState<number | null>(null)
  const [highest, setHighest] = useState<number | null>(null)
  const hasEnded = isOver(auction)
  const voids = useVoids(bidCount)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the viewer's own bids may be among the voided ones
  useEffect(() => {
    let isCurrent = true
    const take = (own: Asked): void => {
      if (!isCurrent) return
      setBids(own === null ? 'none' : own.highestBid === null ? 'voided' : 'standing')
      setMaximum(own?.maximum ?? null)
      setHighest(own?.highestBid?.amount ?? null)
    }
    if (!isSignedIn) take(null)
    else {
      void client
        .query(OwnBiddingDocument, { auctionId }, { requestPolicy: 'network-only' })
        .toPromise()
        .then(({ data }) => take(data?.auction?.myBidding ?? null))
    }
    return () => {
      isCurrent = false
    }
  }, [client, auctionId, isSignedIn, voids, hasEnded])
  return { bids, maximum, highest, voids, setMaximum }
}

/** Counts decreases of `bidCount`: each means that bids were voided. */
function useVoids(bidCount: number): number {
  const [seen, setSeen] = useState({ bidCount, voids: 0 })
  if (seen.bidCount !== bidCount) {
    setSeen({ bidCount, voids: bidCount < seen.bidCount ? seen.voids + 1 : seen.voids })
  }
  return seen.voids
}
