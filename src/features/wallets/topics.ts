import type { UserId } from '../../engine/kernel/id.ts'
import { defineTopics } from '../../engine/kernel/topic.ts'

/** Orders the commands on one user's wallets. It has no entries of its own: the ledger is the history. */
export const walletTopic = defineTopics<UserId>('wallet')
