import type { SchemaFeature } from '../../schema/contribution.ts'
import { addWallets } from '../../schema/wallet.ts'
import { walletFamily } from './family.ts'
import { WALLET_REJECTIONS } from './rules/rejections.ts'
import { verifyMoney } from './verify.ts'

export const wallets: SchemaFeature = {
  name: 'wallets',
  requires: ['users'],
  families: [walletFamily],
  schema: {
    parts: [addWallets],
    rejections: WALLET_REJECTIONS,
  },
  verify: verifyMoney,
}
