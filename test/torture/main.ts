import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { VERSION } from '../../src/version.ts'
import { startPostgres } from '../support/postgres.ts'
import { type Breaches, breachCount } from './check.ts'
import type { Fault } from './fault.ts'
import { FAULTS } from './faults.ts'
import type { Outcome } from './scenario.ts'
import { runStates } from './states.ts'

/**
 * `npm run torture -- 3 7` runs the long form of these faults (all without numbers), and records each result. `npm run
 * torture -- states` runs the long form of the state property.
 */
const REPORT = join(import.meta.dirname, '../../docs/reliability.md')
const MARK = '<!-- What follows is written by `npm run torture`. -->'
const BREACHES = [
  ...['lost', 'unseen', 'repeated', 'disordered', 'unentitled', 'ambiguous', 'invented', 'skipped', 'untold'],
] as readonly (keyof Breaches)[]
const HEADINGS = [
  ...['#', 'fault', ...BREACHES, 'unanswered', 'resets'],
  ...['until all have it: p50 / p99 / max, ms', 'commands / entries', 'also', 'seed', 'run'],
]
const HEAD = `| ${HEADINGS.join(' | ')} |\n${'|---'.repeat(HEADINGS.length)}|`
const RUN = `${new Date().toISOString().slice(0, 10)}, Rostrum ${VERSION}, Node ${process.versions.node}`

function rowOf({ number, name }: Fault, { seed, result, areAllAnswered, also }: Outcome): string {
  const { breaches, resets, delayMs, compared } = result
  const delays = delayMs === null ? '' : [delayMs.p50, delayMs.p99, delayMs.max].map(Math.round).join(' / ')
  const besides = Object.entries(also).map(([what, value]) => `${what}: ${value}`)
  const broken = BREACHES.map((breach) => breaches[breach])
  const cells = [number, name, ...broken, areAllAnswered ? 0 : 'some', resets, delays]
  return `| ${[...cells, `${compared.commands} / ${compared.entries}`, besides.join('; '), seed, RUN].join(' | ')} |`
}

const numberOf = (row: string): number => Number(/^\| (\d+) /.exec(row)?.[1])

/** Replaces an earlier row of the same fault. */
async function note(row: string): Promise<void> {
  const [page = '', table = ''] = (await readFile(REPORT, 'utf8')).split(MARK)
  const others = table.split('\n').filter((line) => numberOf(line) > 0 && numberOf(line) !== numberOf(row))
  const rows = [...others, row].sort((one, other) => numberOf(one) - numberOf(other))
  await writeFile(REPORT, `${page}${MARK}\n\n${[HEAD, ...rows].join('\n')}\n`)
}

async function runFaults(wanted: readonly number[]): Promise<void> {
  await using postgres = await startPostgres()
  for (const fault of FAULTS) {
    if (wanted.length > 0 && !wanted.includes(fault.number)) continue
    const seed = Date.now() % 1_000_000
    process.stderr.write(`fault ${fault.number}, seed ${seed}\n`)
    const outcome = await fault.run('long', seed, postgres)
    const row = rowOf(fault, outcome)
    process.stdout.write(`${row}\n`)
    await note(row)
    const isReset = outcome.result.resets > 0 && fault.mayReset !== true
    for (const sentence of outcome.broken) process.stderr.write(`${sentence}\n`)
    const isBroken = breachCount(outcome.result) > 0 || outcome.broken.length > 0
    if (isBroken || isReset || !outcome.areAllAnswered) process.exitCode = 1
  }
}

const args = process.argv.slice(2)
if ((args.length === 0 || args.includes('states')) && !(await runStates(REPORT, RUN))) process.exitCode = 1
if (args.join() !== 'states') await runFaults(args.filter((arg) => arg !== 'states').map(Number))
