import { describe, expect, test } from 'vitest'
import { payloadOf } from '../../../src/engine/hub/delivery.ts'
import type { Item } from '../../../src/engine/hub/reader.ts'
import type { Renderer } from '../../../src/engine/hub/renderer.ts'
import { chunksOf, ReplayPayloads } from '../../../src/engine/hub/replay-chunks.ts'
import { encodeCursor } from '../../../src/engine/kernel/cursor.ts'
import { instant } from '../../../src/engine/kernel/instant.ts'
import { asEpoch, asOffset } from '../../../src/engine/kernel/position.ts'
import { asTopic } from '../../../src/engine/kernel/topic.ts'

const TOPIC = asTopic('count:chunks')
const ITEMS: readonly Item[] = Array.from({ length: 120 }, (_, index) => {
  const offset = asOffset(index + 1)
  const position = { epoch: asEpoch(1), offset }
  const event = { type: 'Counted', topic: TOPIC, position, at: instant(0) }
  return { topic: TOPIC, offset, at: instant(0), cursor: encodeCursor(TOPIC, position), event }
})
const render = (event: object) => payloadOf(Buffer.from(JSON.stringify(event)), null)
const RENDERER: Renderer = { render, renderItem: ({ event }) => render(event), renderOnce: render as never }

const chunksFrom = (offset: number) => [...chunksOf(ITEMS.slice(offset))]

describe('what readers who catch up are sent', () => {
  test('ends its chunks alike, wherever they begin', () => {
    const endsFrom = (offset: number) => chunksFrom(offset).map((chunk) => chunk.at(-1)?.offset)
    expect([0, 7, 49, 50].map(endsFrom)).toEqual([
      [50, 100, 120],
      [50, 100, 120],
      [50, 100, 120],
      [100, 120],
    ])
  })

  test('is made once for a whole chunk, and never kept for the rest of one', () => {
    const payloads = new ReplayPayloads(RENDERER, true)
    const made = (offset: number) => chunksFrom(offset).map((chunk) => payloads.of(chunk))
    const [whole, again, late] = [made(0), made(0), made(7)]
    expect(again.map((each, index) => each === whole[index])).toEqual([true, true, true])
    expect(late.map((each, index) => each === whole[index])).toEqual([false, true, true])
    expect(made(7)[0]).not.toBe(late[0])
  })

  test('is created for each reader if not everybody gets the same', () => {
    const payloads = new ReplayPayloads(RENDERER, false)
    const [chunk = []] = chunksFrom(0)
    expect(payloads.of(chunk)).not.toBe(payloads.of(chunk))
  })
})
