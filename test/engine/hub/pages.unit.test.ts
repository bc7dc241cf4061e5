import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { HistoryPages } from '../../../src/engine/hub/history-pages.ts'
import type { Item } from '../../../src/engine/hub/reader.ts'
import { encodeCursor } from '../../../src/engine/kernel/cursor.ts'
import { instant } from '../../../src/engine/kernel/instant.ts'
import { advance, asEpoch, asOffset, type Offset } from '../../../src/engine/kernel/position.ts'
import { UnreadableEntry } from '../../../src/engine/kernel/unreadable-entry.ts'
import { TOPIC } from './fake-history.ts'

const PAGE = 500
const MAX_PAGES = 8
const KEPT_MS = 2_000

const itemAt = (offset: Offset): Item => {
  const position = { epoch: asEpoch(1), offset }
  const event = { type: 'Counted', topic: TOPIC, position, at: instant(0) }
  return { topic: TOPIC, offset, at: instant(0), cursor: encodeCursor(TOPIC, position), event }
}

/** A history without end, in which `bad` can't be presented. */
function given(bad = 0) {
  const reads: number[] = []
  const pages = new HistoryPages(async (after, limit) => {
    reads.push(after)
    const offsets = Array.from({ length: limit }, (_, index) => advance(after, index + 1))
    const fails = offsets.indexOf(asOffset(bad))
    const items = offsets.slice(0, fails < 0 ? limit : fails).map(itemAt)
    return { items, fault: fails < 0 ? undefined : new UnreadableEntry(TOPIC, asOffset(bad), 'bad') }
  })
  return { reads, readFrom: (offset: number) => pages.after(asOffset(offset)) }
}

describe('The pages of a history', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  test('are read once for all who ask within two seconds, and again later', async () => {
    const { reads, readFrom } = given()
    await readFrom(0)
    vi.advanceTimersByTime(KEPT_MS - 1)
    await readFrom(7)
    expect(reads).toEqual([0])
    vi.advanceTimersByTime(1)
    await readFrom(7)
    expect(reads).toEqual([0, 0])
  })

  test('are kept up to a number: the oldest is read again', async () => {
    const { reads, readFrom } = given()
    for (let page = 0; page <= MAX_PAGES; page += 1) await readFrom(page * PAGE)
    reads.length = 0
    await readFrom(PAGE)
    expect(reads).toEqual([])
    await readFrom(0)
    expect(reads).toEqual([0])
  })

  test('end before an entry that cannot be presented; who needs it gets its fault, who has had it what follows', async () => {
    const { reads, readFrom } = given(3)
    expect((await readFrom(0))?.map(({ offset }) => offset)).toEqual([1, 2])
    await expect(readFrom(2)).rejects.toThrow(UnreadableEntry)
    expect((await readFrom(3))?.[0]?.offset).toBe(4)
    expect((await readFrom(10))?.[0]?.offset).toBe(11)
    expect(reads).toEqual([0, 3, 10])
  })
})
