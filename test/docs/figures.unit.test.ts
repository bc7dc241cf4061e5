import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')
const read = (path: string): Promise<string> => readFile(join(ROOT, path), 'utf8')
const grouped = (value: number): string => value.toLocaleString('en-US')

const measured = (await read('README.md')).split('## Measured')[1]?.split('\n## ')[0] ?? ''
const [, faults = ''] = (await read('docs/reliability.md')).split('## Figures of the faults')
const rows = faults.split('\n').filter((line) => /^\| \d+ \|/.test(line))

describe('The figures of the README', () => {
  test('of faults are those of docs/reliability.md', () => {
    const sums = rows.map((row) => / \| (\d+) \/ (\d+) \| /.exec(row)?.slice(1).map(Number) ?? [])
    const total = (index: number): number => sums.reduce((sum, pair) => sum + (pair[index] ?? Number.NaN), 0)
    expect(measured).toContain(`0 of ${grouped(total(1))} entries`)
    expect(measured).toContain(`[${rows.length} faults]`)
    expect(measured).toContain(`${grouped(total(0))} commands`)
  })

  test('of breaches are zero in every row', () => {
    const broken = rows.flatMap((row) => row.split(' | ').slice(2, 6)).filter((figure) => figure !== '0')
    expect(broken).toEqual([])
  })

  test('of speed are in docs/performance.md', async () => {
    const page = await read('docs/performance.md')
    const speeds = measured.split('\n').filter((line) => line.startsWith('| **') && !line.includes('faults'))
    const figures = [...speeds.join('\n').matchAll(/\d[\d,.]*\d/g)].map(([figure]) => figure)
    expect(figures.length).toBeGreaterThan(5)
    expect(figures.filter((figure) => !page.includes(figure))).toEqual([])
  })
})
