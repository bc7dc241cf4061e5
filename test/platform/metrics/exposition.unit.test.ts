import { Registry } from 'prom-client'
import { describe, expect, test } from 'vitest'
import { createHistogram } from '../../../src/engine/kernel/histogram.ts'
import { createExposition } from '../../../src/platform/metrics/exposition.ts'

describe('The exposition', () => {
  test('reads the values on each scrape', async () => {
    const exposition = createExposition(new Registry())
    let count = 3
    exposition.counter({ name: 'done_total', help: 'What is done.' }, () => count)
    exposition.gauge(
      { name: 'open', help: 'What is open.' },
      {
        label: 'of',
        read: () => [
          ['a"b', count],
          ['c', 0],
        ],
      },
    )
    expect(await exposition.text()).toContain('\ndone_total 3\n')
    count = 7
    const text = await exposition.text()
    expect(text).toContain('# TYPE done_total counter\ndone_total 7\n')
    expect(text).toContain(
      '# HELP open What is open.\n# TYPE open gauge\nopen{of="a\\"b"} 7\nopen{of="c"} 0\n',
    )
  })

  test('drops label values that no longer exist', async () => {
    const exposition = createExposition(new Registry())
    let values: [string, number][] = [['a', 1]]
    exposition.gauge({ name: 'open', help: 'What is open.' }, { label: 'of', read: () => values })
    expect(await exposition.text()).toContain('open{of="a"} 1')
    values = []
    expect(await exposition.text()).not.toContain('open{')
  })

  test('shows histograms with cumulative buckets', async () => {
    const exposition = createExposition(new Registry())
    const histogram = createHistogram([0.5, 2])
    exposition.histogram({ name: 'wait_seconds', help: 'Waiting.' }, histogram)
    for (const value of [0.25, 0.5, 1, 4]) histogram.add(value)
    expect((await exposition.text()).trim()).toBe(
      [
        '# HELP wait_seconds Waiting.',
        '# TYPE wait_seconds histogram',
        'wait_seconds_bucket{le="0.5"} 2',
        'wait_seconds_bucket{le="2"} 3',
        'wait_seconds_bucket{le="+Inf"} 4',
        'wait_seconds_sum 5.75',
        'wait_seconds_count 4',
      ].join('\n'),
    )
  })

  test('of one node does not mix with another in the process', async () => {
    const [one, other] = [createExposition(new Registry()), createExposition(new Registry())]
    one.gauge({ name: 'open', help: 'What is open.' }, () => 1)
    other.gauge({ name: 'open', help: 'What is open.' }, () => 2)
    expect(await one.text()).toContain('open 1')
    expect(await other.text()).toContain('open 2')
  })
})
