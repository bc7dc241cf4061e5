import type { Brand } from './brand.ts'

/** 1, 2, 3 … within one topic, without gaps; 0 is before the first entry. */
export type Offset = Brand<number, 'Offset'>

/**
 * Identifies one continuous history of a topic. A topic whose history was replaced gets a new epoch, so that
 * cursors into the old and the new history are distinct although their offsets overlap.
 */
export type Epoch = Brand<number, 'Epoch'>

export interface Position {
  readonly epoch: Epoch
  readonly offset: Offset
}

export const asOffset = (value: number): Offset => value as Offset
export const asEpoch = (value: number): Epoch => value as Epoch
export const BEGINNING: Offset = asOffset(0)

/** The offset `count` entries after `offset`. */
export function advance(offset: Offset, count = 1): Offset {
  return (offset + count) as Offset
}
