import type { UserId } from '../../../../engine/kernel/id.ts'

/** Moves the actor's own marks; null leaves a mark unchanged. Unchecked client input. */
export interface ReceiptCommand {
  readonly kind: 'advance'
  readonly deliveredThrough: number | null
  readonly readThrough: number | null
}

export interface ReceiptReply {
  readonly userId: UserId
}
