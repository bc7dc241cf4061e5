import type { Entry } from '../../../src/engine/history/entry.ts'
import type { Head, History } from '../../../src/engine/history/history.ts'
import { encodeNotice } from '../../../src/engine/history/notice.ts'
import { instant } from '../../../src/engine/kernel/instant.ts'
import {
  advance,
  asEpoch,
  asOffset,
  BEGINNING,
  type Epoch,
  type Offset,
  type Position,
} from '../../../src/engine/kernel/position.ts'
import { asTopic, type Topic } from '../../../src/engine/kernel/topic.ts'

export const TOPIC: Topic = asTopic('test:1')

/** A history in memory, of one topic. */
export interface FakeHistory extends History {
  /** Appends `count` entries and returns the notice that would announce them. */
  append(count: number): string
  /** Forgets entries up to and including `offset`, as retention does. */
  trim(offset: Offset): void
  /** Replaces the data of entries that were appended, as erasing does. */
  rewrite(offset: Offset, data: object): void
  /** Begins another history, as a restored database would. */
  replace(): void
  readonly position: Position
  readonly entries: readonly Entry[]
}

export function createFakeHistory(): FakeHistory {
  let epoch: Epoch = asEpoch(1)
  let floor: Offset = BEGINNING
  let entries: Entry[] = []
  let last: Offset = BEGINNING

  const head = (): Head => ({ epoch, offset: last, floor })
  return {
    append(count) {
      const added = Array.from({ length: count }, (_, index): Entry => {
        const offset = advance(last, index + 1)
        return {
          topic: TOPIC,
          epoch,
          offset,
          at: instant(offset),
          type: 'Happened',
          data: { number: offset },
        }
      })
      entries.push(...added)
      last = advance(last, count)
      return encodeNotice(added)
    },
    trim(offset) {
      floor = asOffset(Math.max(floor, Math.min(offset, last)))
      entries = entries.filter((entry) => entry.offset > floor)
    },
    rewrite(offset, data) {
      entries = entries.map((entry) => (entry.offset === offset ? { ...entry, data } : entry))
    },
    replace() {
      epoch = asEpoch(epoch + 1)
      entries = []
      last = BEGINNING
      floor = BEGINNING
    },
    get position() {
      return { epoch, offset: last }
    },
    get entries() {
      return entries
    },
    head: async () => head(),
    heads: async () => new Map([[TOPIC, head()]]),
    readAfter: async (_topic, { offset }, limit) =>
      entries.filter((entry) => entry.offset > offset).slice(0, limit),
  }
}
