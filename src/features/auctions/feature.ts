import type { Feature } from '../../engine/feature.ts'
import { roomHooks } from '../rooms/hooks.ts'
import { auctionFamily } from './family.ts'
import { moveAuctions } from './room-deadlines.ts'
import { verifyAuctions } from './verify/auctions.ts'

export const auctions: Feature = {
  name: 'auctions',
  requires: ['users', 'rooms', 'wallets'],
  families: [auctionFamily],
  hooks: () => [roomHooks.implement({ onTransition: moveAuctions })],
  verify: verifyAuctions,
}
