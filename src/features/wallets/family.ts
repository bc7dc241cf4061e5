import { defineFamily } from '../../engine/commands/family.ts'
import { walletTopic } from '../../engine/kernel/topic.ts'
import { walletAggregate } from './aggregate.ts'

/** Commands on the wallets of one user. `state` is the wallet in the command's currency. */
export const walletFamily = defineFamily({
  name: 'wallets',
  prefix: 'wallet',
  topicOf: walletTopic,
  aggregate: () => walletAggregate,
})
