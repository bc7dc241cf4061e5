import { describe, expect, test } from 'vitest'
import type { Entry } from '../../../src/engine/history/entry.ts'
import { decodeNotice, encodeNotice } from '../../../src/engine/history/notice.ts'
import { instant } from '../../../src/engine/kernel/instant.ts'
import { asEpoch, asOffset } from '../../../src/engine/kernel/position.ts'
import { asTopic } from '../../../src/engine/kernel/topic.ts'

const TOPIC = asTopic('auction:1')
const TRACE = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`

const entry = (data: object): Entry => ({
  topic: TOPIC,
  epoch: asEpoch(1),
  offset: asOffset(7),
  at: instant(1),
  type: 'Happened',
  data,
})

describe('A notice', () => {
  test('carries its trace, also where its entries are too large to send', () => {
    const small = decodeNotice(TOPIC, encodeNotice([entry({})], TRACE))
    expect(small).toMatchObject({ trace: TRACE, first: 7, last: 7, entries: [entry({})] })
    const large = decodeNotice(TOPIC, encodeNotice([entry({ text: 'x'.repeat(300_000) })], TRACE))
    expect(large).toMatchObject({ trace: TRACE, entries: undefined })
  })

  test('of a node that does not trace, or does not know how, has none', () => {
    expect(encodeNotice([entry({})])).toBe('{"e":1,"f":7,"l":7,"at":1,"x":[["Happened",{}]]}')
    expect(decodeNotice(TOPIC, encodeNotice([entry({})]))).toMatchObject({ first: 7, trace: undefined })
  })

  test('that nobody of this version wrote is none', () => {
    const good = { e: 1, f: 7, l: 7, at: 1, x: [['Happened', {}]] }
    const bad = [
      ...['', '{', 'null', '7', '"text"', '[]', '{}'],
      ...[
        { ...good, e: '1' },
        { ...good, f: 0 },
        { ...good, f: 1.5 },
        { ...good, l: 6 },
        { ...good, at: null },
      ],
      ...[
        { ...good, l: 8 },
        { ...good, x: [] },
        { ...good, x: {} },
        { ...good, x: [['Happened', null]] },
      ],
      ...[
        { ...good, x: [[7, {}]] },
        { ...good, x: ['Happened'] },
        { ...good, t: 7 },
      ],
    ].map((each) => (typeof each === 'string' ? each : JSON.stringify(each)))
    expect(decodeNotice(TOPIC, JSON.stringify(good))).toBeDefined()
    for (const text of bad) expect(decodeNotice(TOPIC, text)).toBeUndefined()
  })
})
