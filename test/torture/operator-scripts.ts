import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { TEST_SECRET } from '../support/node.ts'

const SCRIPTS = join(import.meta.dirname, '../../scripts')
const run = promisify(execFile)

/** Runs one of the operator's scripts on a database. Throws, with what it printed, if it fails. */
export async function runScript(name: 'verify-ledger' | 'renew-epochs', databaseUrl: string): Promise<void> {
  const env = { ...process.env, DATABASE_URL: databaseUrl, JWT_SECRET: TEST_SECRET }
  try {
    await run(process.execPath, [join(SCRIPTS, `${name}.ts`)], { env })
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { readonly stdout?: string; readonly stderr?: string }
    throw new Error(`${name} failed: ${stdout}${stderr}`, { cause: error })
  }
}
