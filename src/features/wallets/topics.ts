import type { UserId } from '../../engine/kernel/id.ts'
import { defineTopics } from '../../engine/kernel/topic.ts'

/** Orders the commands on one user's wallets; its history has no entries, the ledger has. */
export const walletTopic = defineTopics<UserId>('wallet')
