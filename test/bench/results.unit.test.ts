import { describe, expect, test } from 'vitest'
import { movementsBetween } from '../../bench/run/movements.ts'
import { mergeScenarios, type Result, type Round, spreadOf } from '../../bench/run/result.ts'
import { BEGIN, END, tablesOf, withTables } from '../../bench/run/tables.ts'

const roundsOf = (...sustained: readonly number[]): readonly Round[] =>
  sustained.map((value) => ({ values: { sustained: value, p99: 1000 / value }, remarks: [], raw: null }))

/** One scenario with one case and one system, measured so often. */
function resultOf(rounds: readonly Round[], name = 'fanout'): Result {
  return {
    startedAt: '2026-11-21T10:00:00.000Z',
    isQuick: false,
    machine: { cores: 2 },
    versions: { Node: '24.0.0' },
    scenarios: [
      {
        name,
        title: 'Fan-out',
        explanation: 'How many arrive.',
        columns: [
          { key: 'sustained', title: 'deliveries/s', digits: 0, better: 'higher' },
          { key: 'p99', title: 'p99, ms', digits: 1, better: 'lower' },
        ],
        cases: [
          {
            name: '1,000 subscribers',
            systems: [
              { key: 'rostrum', name: 'Rostrum', rounds },
              { key: 'nats', name: 'NATS', rounds: [], missing: 'there is no nats-server' },
            ],
          },
        ],
      },
    ],
  }
}

describe('the spread of some rounds', () => {
  test('is half the distance from the least to the greatest, as a share of the median', () => {
    expect(spreadOf(roundsOf(90, 120, 100), 'sustained')).toEqual({ median: 100, spread: 0.15 })
  })

  test('has the middle of two for its median where the rounds are even', () => {
    expect(spreadOf(roundsOf(90, 110), 'sustained')?.median).toBe(100)
  })

  test('is none where no round has the value', () => {
    expect(spreadOf(roundsOf(1), 'memory')).toBeUndefined()
  })
})

describe('the tables', () => {
  const tables = tablesOf(resultOf(roundsOf(90_000, 120_000, 100_000)))

  test('show the median and the spread', () => {
    expect(tables).toContain('| Rostrum | 100,000 ±15 % |')
  })

  test('name what was not measured, and why, in no row', () => {
    expect(tables).toContain('- NATS was not measured: there is no nats-server.')
    expect(tables).not.toContain('| NATS |')
  })

  test('tell a remark once, however many rounds had it', () => {
    const busy = roundsOf(1, 1).map((round) => ({ ...round, remarks: ['the generator was the limit'] }))
    const remark = '- 1,000 subscribers, Rostrum: the generator was the limit.'
    expect(tablesOf(resultOf(busy)).split(remark)).toHaveLength(2)
  })

  test('say of a quick run that it is none', () => {
    expect(tablesOf({ ...resultOf(roundsOf(1)), isQuick: true })).toContain('its figures are no measurement')
  })

  test('take the place of the earlier ones, and of nothing else', () => {
    const page = `# Head\n${BEGIN}\nold\n${END}\n# Foot\n`
    expect(withTables(page, 'new')).toBe(`# Head\n${BEGIN}\n\nnew\n\n${END}\n# Foot\n`)
  })

  test.each(['no marks', `${BEGIN} no end`, `${END} ${BEGIN}`, `${BEGIN}${BEGIN}${END}`])(
    'are refused a page without the two marks in order: %s',
    (page) => {
      expect(() => withTables(page, 'new')).toThrow('marks')
    },
  )
})

describe('two results side by side', () => {
  test('show what moved by more than the spreads of both', () => {
    const moved = movementsBetween(resultOf(roundsOf(99, 100, 101)), resultOf(roundsOf(119, 120, 121)))
    expect(moved.map(({ figure, isBetter }) => ({ figure, isBetter }))).toEqual([
      { figure: 'fanout · 1,000 subscribers · rostrum · deliveries/s', isBetter: true },
      { figure: 'fanout · 1,000 subscribers · rostrum · p99, ms', isBetter: true },
    ])
  })

  test('call less of what should be high worse', () => {
    const [first] = movementsBetween(resultOf(roundsOf(100)), resultOf(roundsOf(50)))
    expect(first).toMatchObject({ change: 1, isBetter: false })
    expect(movementsBetween(resultOf(roundsOf(100)), resultOf(roundsOf(50)))[1]).toMatchObject({
      change: -0.5,
      isBetter: false,
    })
  })

  test('are silent about what stayed within the noise', () => {
    expect(movementsBetween(resultOf(roundsOf(80, 100, 120)), resultOf(roundsOf(100, 110, 120)))).toEqual([])
  })

  test('are silent about what only one of them has', () => {
    expect(movementsBetween(resultOf(roundsOf(100), 'rooms'), resultOf(roundsOf(200)))).toEqual([])
  })
})

describe('a scenario measured again on the same day', () => {
  test('takes the place of its earlier figures, and leaves the others', () => {
    const [fanOut, rooms] = [resultOf(roundsOf(1)).scenarios, resultOf(roundsOf(1), 'rooms').scenarios]
    const again = resultOf(roundsOf(2), 'rooms').scenarios
    expect(mergeScenarios([...fanOut, ...rooms], again)).toEqual([...fanOut, ...again])
  })
})
