import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { StateStats } from '../resolvers/state-property.ts'

const COMMANDS = 10_000
const BEGIN = '<!-- Written by `npm run torture -- states`. -->'
const END = '<!-- End of what it wrote. -->'
const HEAD =
  '| family | commands | entries, by reader | snapshots compared | differences | seconds | run |\n|---|---|---|---|---|---|---|'

/**
 * Runs the long form of "snapshot plus entries equals state", and writes its stats to `report`. False if one failed.
 */
export async function runStates(report: string, run: string): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'rostrum-states-'))
  const file = join(folder, 'stats.jsonl')
  const vitest = join(dirname(fileURLToPath(import.meta.resolve('vitest/package.json'))), 'vitest.mjs')
  const runner = spawn(process.execPath, [vitest, 'run', 'test/resolvers/states'], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, PROPERTY_RUNS: String(COMMANDS), STATE_STATS: file },
  })
  const [exitCode] = await once(runner, 'exit')
  const lines = (await readFile(file, 'utf8').catch(() => '')).trim().split('\n')
  await rm(folder, { recursive: true, force: true })
  const rows = lines
    .filter((line) => line !== '')
    .map((line): StateStats => JSON.parse(line))
    .sort((one, other) => (one.family < other.family ? -1 : 1))
    .map(({ family, commands, entries, snapshots, seconds }) => {
      return `| ${[family, commands, entries, snapshots, 0, seconds, run].join(' | ')} |`
    })
  const [before = '', written = ''] = (await readFile(report, 'utf8')).split(BEGIN)
  const after = written.slice(written.indexOf(END))
  await writeFile(report, `${before}${BEGIN}\n\n${[HEAD, ...rows].join('\n')}\n\n${after}`)
  return exitCode === 0
}
