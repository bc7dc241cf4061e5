import { describe, expect, test } from 'vitest'
import type { Source } from '../../../src/engine/hub/source.ts'
import { encodeCursor } from '../../../src/engine/kernel/cursor.ts'
import { asEpoch, asOffset } from '../../../src/engine/kernel/position.ts'
import { createFakeBus } from './fake-bus.ts'
import { createFakeHistory, type FakeHistory, TOPIC } from './fake-history.ts'
import { settled } from './flushed.ts'
import { createTestHub, openReader, sourceOf, type TestReader } from './reader.ts'

const START = encodeCursor(TOPIC, { epoch: asEpoch(1), offset: asOffset(0) })
const ERASED = { text: 'erased' }

/** Entries have a text. An entry without one says that texts before it were erased. */
function sourceOfTexts(history: FakeHistory): Source {
  return {
    ...sourceOf(history),
    present(entry) {
      const { type, topic, at } = entry
      const text = 'text' in entry.data ? String(entry.data.text) : undefined
      return { type, topic, position: entry, at, text }
    },
    rewritesHistory: (event) => !('text' in event) || event.text === undefined,
  }
}

function given() {
  const history = createFakeHistory()
  const bus = createFakeBus()
  const hub = createTestHub(history, bus)
  const source = sourceOfTexts(history)
  return {
    history,
    bus,
    open: (after: string | null = START) => openReader(hub, source, after),
    /** Appends an entry with `text`; its notice carries it. */
    append(text: string) {
      history.append(1)
      history.rewrite(history.position.offset, { text })
      return history.position.offset
    },
    /** Erases the text of an entry, and has that told. */
    async erase(offset: number) {
      const notice = history.append(1)
      history.rewrite(asOffset(offset), ERASED)
      bus.deliver(notice)
      await settled()
    },
  }
}

const texts = ({ received }: TestReader) =>
  received.map((each) => (each.kind === 'entry' ? (each.text ?? '-') : each.kind))

describe('an entry that was rewritten', () => {
  test('is read again by readers who come later, whatever the node remembers of it', async () => {
    const { append, open, erase } = given()
    append('secret')
    append('other')
    const early = open()
    await settled()
    expect(texts(early)).toEqual(['secret', 'other'])
    await erase(1)
    const late = open()
    await settled()
    expect(texts(late)).toEqual(['erased', 'other', '-'])
    expect(texts(early)).toEqual(['secret', 'other', '-'])
  })

  test('is not sent to a reader who was slow until then', async () => {
    const { append, open, erase } = given()
    for (let count = 0; count < 120; count += 1) append(`text ${count}`)
    const slow = open()
    slow.hold()
    await settled()
    const before = slow.received.length
    for (const offset of [60, 120]) await erase(offset)
    slow.release()
    await settled()
    expect(before).toBeLessThan(59)
    expect(slow.received.map(({ offset }) => offset)).toEqual(
      Array.from({ length: 122 }, (_, index) => index + 1),
    )
    expect(texts(slow).filter((text) => text === 'erased')).toHaveLength(2)
    expect(texts(slow)).not.toContain('text 59')
    expect(texts(slow)).not.toContain('text 119')
  })

  test('is read again where it was read while it was rewritten', async () => {
    const { history, append, open, erase } = given()
    append('secret')
    const { readAfter } = history
    const reading = Promise.withResolvers<void>()
    const read = async (...args: Parameters<typeof readAfter>) => {
      const entries = await readAfter(...args)
      await reading.promise
      return entries
    }
    Object.assign(history, { readAfter: read })
    const reader = open()
    await settled()
    Object.assign(history, { readAfter })
    await erase(1)
    reading.resolve()
    await settled()
    expect(texts(reader)).toEqual(['erased', '-'])
  })
})
