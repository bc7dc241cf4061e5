import { asTopic } from '../../engine/kernel/topic.ts'

/** Users signed out by administrators. */
export const revocationsTopic = asTopic('revocations')
