import { defineFamily } from '../../engine/commands/family.ts'
import { idOf } from '../../engine/kernel/topic.ts'
import { createAuctionAggregate } from './aggregate.ts'
import { auctionHooks } from './hooks.ts'
import { asAuctionId } from './ids.ts'
import { auctionTopic } from './topics.ts'

/** Commands on one auction. `state` is the auction. */
export const auctionFamily = defineFamily({
  name: 'auctions',
  prefix: 'auction',
  topicOf: auctionTopic,
  aggregate: (hooks) => createAuctionAggregate(hooks.of(auctionHooks)),
  onDue: { idOf: (topic) => asAuctionId(idOf(topic)), command: { kind: 'applyDue' } },
})
