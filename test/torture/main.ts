import { writeFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { VERSION } from '../../src/version.ts'
import { startPostgres } from '../support/postgres.ts'
import { breachCount } from './check.ts'
import { FAULTS } from './faults.ts'
import type { Outcome } from './scene.ts'

/** `npm run torture -- 3 7` runs the long form of those faults; without numbers all, and writes what came of it. */
const REPORT = join(import.meta.dirname, '../../docs/reliability.md')
const MARK = '<!-- What follows is written by `npm run torture`. -->'

function rowOf(number: number, name: string, { seed, figures, areAllAnswered, also }: Outcome): string {
  const { breaches, resets, delayMs, compared } = figures
  const delays = delayMs === null ? '' : [delayMs.p50, delayMs.p99, delayMs.max].map(Math.round).join(' / ')
  const besides = Object.entries(also).map(([what, value]) => `${what}: ${value}`)
  const cells = [number, name, ...Object.values(breaches), areAllAnswered ? 0 : 'some', resets, delays]
  return `| ${[...cells, `${compared.commands} / ${compared.entries}`, besides.join('; '), seed].join(' | ')} |`
}

const HEAD = `| # | fault | lost | unseen | repeated | disordered | unentitled | ambiguous | invented | unanswered | resets | until all have it: p50 / p99 / max, ms | commands / entries | also | seed |
|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|`

const wanted = process.argv.slice(2).map(Number)
const chosen = FAULTS.filter(({ number }) => wanted.length === 0 || wanted.includes(number))
const rows: string[] = []
await using postgres = await startPostgres()
process.stdout.write(`${HEAD}\n`)
for (const { number, name, run } of chosen) {
  const seed = Date.now() % 1_000_000
  process.stderr.write(`fault ${number}, seed ${seed}\n`)
  const outcome = await run('long', seed, postgres)
  const row = rowOf(number, name, outcome)
  rows.push(row)
  process.stdout.write(`${row}\n`)
  if (breachCount(outcome.figures) > 0 || outcome.figures.resets > 0 || !outcome.areAllAnswered)
    process.exitCode = 1
}
const [page = ''] = (await readFile(REPORT, 'utf8')).split(MARK)
const date = new Date().toISOString().slice(0, 10)
const versions = `${date}, Rostrum ${VERSION}, Node ${process.versions.node}.`
await writeFile(REPORT, `${page}${MARK}\n\n${versions}\n\n${[HEAD, ...rows].join('\n')}\n`)
