import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * Runs the tests and passes its arguments on to vitest. The last line is always `N passed, N failed`, and the exit code
 * is 0 only if everything passed.
 */

interface Report {
  readonly success: boolean
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly testResults: readonly {
    readonly status: string
    readonly assertionResults: readonly { readonly status: string }[]
  }[]
}

/** A file that failed without a failing test, for example because it does not load, counts as one failure. */
function summaryOf(report: Report): string {
  const brokenFiles = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && assertionResults.every((result) => result.status !== 'failed'),
  )
  return `${report.numPassedTests} passed, ${report.numFailedTests + brokenFiles.length} failed`
}

async function readSummary(file: string): Promise<string> {
  try {
    return summaryOf(JSON.parse(await readFile(file, 'utf8')))
  } catch {
    return '0 passed, 0 failed'
  }
}

const folder = await mkdtemp(join(tmpdir(), 'rostrum-report-'))
const reportFile = join(folder, 'report.json')
const vitest = join(dirname(fileURLToPath(import.meta.resolve('vitest/package.json'))), 'vitest.mjs')
const reporting = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`]
const runner = spawn(process.execPath, [vitest, 'run', ...reporting, ...process.argv.slice(2)], {
  stdio: 'inherit',
})
const [exitCode] = await once(runner, 'exit')
console.log(await readSummary(reportFile))
await rm(folder, { recursive: true, force: true })
process.exitCode = exitCode ?? 1
