import { defineFamily } from '../../engine/commands/family.ts'
import { walletAggregate } from './aggregate.ts'
import { walletTopic } from './topics.ts'

/** Commands on the wallets of one user. `state` is the wallet in the command's currency. */
export const walletFamily = defineFamily({
  name: 'wallets',
  prefix: 'wallet',
  topicOf: walletTopic,
  aggregate: () => walletAggregate,
})
