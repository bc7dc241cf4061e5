import { type Auction, formatMoney } from '@rostrum/client'

export function isOver({ phase }: Auction): boolean {
  return phase === 'SOLD' || phase === 'UNSOLD' || phase === 'CANCELLED'
}

/** How an auction stands for who is before the page, in a few words. */
export function standing(auction: Auction, myId: string | null, hasBid: boolean): string {
  const { phase, winner, leader } = auction
  if (phase === 'SOLD' && winner !== null) {
    const who = winner.user.id === myId ? 'you' : winner.user.name
    return `Sold to ${who} for ${formatMoney(winner.price, auction)}`
  }
  if (phase === 'UNSOLD') return 'Not sold'
  if (phase === 'CANCELLED') return 'Cancelled'
  if (leader === null) return 'No bids yet'
  if (leader.id === myId) return 'You lead'
  return `${leader.name} leads${hasBid ? ', you were outbid' : ''}`
}
