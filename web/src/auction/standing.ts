import { type Auction, type Bid, formatMoney } from '@rostrum/client'

export function isOver({ phase }: Pick<Auction, 'phase'>): boolean {
  return phase === 'SOLD' || phase === 'UNSOLD' || phase === 'CANCELLED'
}

/** Whether the viewer has bids, and whether any of them stands. */
export type OwnBids = 'none' | 'standing' | 'voided'

export function ownBids(bids: readonly Bid[], myId: string | null): OwnBids {
  const own = bids.filter(({ bidder }) => bidder.id === myId)
  if (own.length === 0) return 'none'
  return own.some(({ voidedAt }) => voidedAt === null) ? 'standing' : 'voided'
}

type Sold = Pick<Auction, 'phase' | 'winner' | 'leader' | 'currency' | 'currencyExponent'>

/** The state of an auction from the viewer's point of view, in a few words. */
export function standing(auction: Sold, myId: string | null, own: OwnBids): string {
  const { phase, winner, leader } = auction
  if (phase === 'SOLD' && winner !== null) {
    const who = winner.user.id === myId ? 'you' : winner.user.name
    return `Sold to ${who} for ${formatMoney(winner.price, auction)}`
  }
  if (phase === 'UNSOLD') return 'Not sold'
  if (phase === 'CANCELLED') return 'Cancelled'
  if (leader === null) return own === 'voided' ? 'No bids, yours were voided' : 'No bids yet'
  if (leader.id === myId) return 'You lead'
  return `${leader.name} leads${POSITION[own]}`
}

const POSITION = {
  none: '',
  standing: ', you were outbid',
  voided: ', your bids were voided',
} as const satisfies Record<OwnBids, string>
