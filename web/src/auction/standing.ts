import type { Auction } from '@rostrum/client'
import { money } from '../money.ts'

export function isOver({ phase }: Auction): boolean {
  return phase === 'SOLD' || phase === 'UNSOLD' || phase === 'CANCELLED'
}

/** How an auction stands for who is before the page, in a few words. */
export function standing(
  { phase, winner, leader, currency }: Auction,
  myId: string | null,
  hasBid: boolean,
): string {
  if (phase === 'SOLD' && winner !== null) {
    const who = winner.user.id === myId ? 'you' : winner.user.name
    return `Sold to ${who} for ${money(winner.price, currency)}`
  }
  if (phase === 'UNSOLD') return 'Not sold'
  if (phase === 'CANCELLED') return 'Cancelled'
  if (leader === null) return 'No bids yet'
  if (leader.id === myId) return 'You lead'
  return `${leader.name} leads${hasBid ? ', you were outbid' : ''}`
}
