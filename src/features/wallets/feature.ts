import type { Feature } from '../../engine/feature.ts'
import { walletFamily } from './family.ts'
import { verifyMoney } from './verify.ts'

export const wallets: Feature = {
  name: 'wallets',
  requires: ['users'],
  families: [walletFamily],
  verify: verifyMoney,
}
