import { asTopic } from '../../engine/kernel/topic.ts'

/** The users whom administrators signed out. */
export const revocationsTopic = asTopic('revocations')
