import { defineTopics } from '../../engine/kernel/topic.ts'

/** All statuses of one kind. */
export const statusesTopic = defineTopics<string>('statuses')
