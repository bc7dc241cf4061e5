import { describe, expect, test } from 'vitest'
import { type CpuProfile, flameGraphOf, framesOf } from '../../bench/run/flame.ts'

const frameAt = (functionName: string, url = '') => ({ functionName, url, lineNumber: 9 })
const PROFILE: CpuProfile = {
  nodes: [
    { id: 1, callFrame: frameAt('(root)'), children: [2, 5] },
    { id: 2, callFrame: frameAt('run', 'file:///house/src/command/queue.ts'), children: [3, 4] },
    { id: 3, callFrame: frameAt('write', 'node:net') },
    { id: 4, callFrame: frameAt('<b>"&', 'file:///house/node_modules/@scope/name/index.js') },
    { id: 5, callFrame: frameAt('(idle)') },
  ],
  samples: [3, 5, 4, 2],
  timeDeltas: [1_000_000, 500_000, 2_000_000, 1_000_000],
}

describe('a flame graph', () => {
  test('adds up what was called from where, but for idleness', () => {
    const { total, callees } = framesOf(PROFILE)
    expect(total).toBe(4_000_000)
    const run = callees.get('run queue.ts:10')
    expect(run).toMatchObject({ total: 4_000_000, group: 'src/command' })
    expect([...(run?.callees.values() ?? [])].map(({ name, group, total }) => [name, group, total])).toEqual([
      ['write node:net:10', 'node', 1_000_000],
      ['<b>"& index.js:10', '@scope/name', 2_000_000],
    ])
  })

  test('is of the seconds that were asked for', () => {
    expect(framesOf(PROFILE, 2, 4).total).toBe(2_000_000)
  })

  test('is an SVG whose widths are shares, and whose names are text', () => {
    const svg = flameGraphOf(framesOf(PROFILE))
    expect(svg).toContain('width="800.0"')
    expect(svg).toContain('&lt;b>&quot;&amp; index.js:10 (@scope/name): 50.0 %')
    expect(svg).not.toContain('<b>')
  })

  test('of nothing is empty', () => {
    expect(flameGraphOf(framesOf({ nodes: [], samples: [], timeDeltas: [] }))).toContain('<svg')
  })
})
