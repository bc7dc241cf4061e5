import { readFile } from 'node:fs/promises'
import { withClient } from './postgres-databases.ts'
import type { PostgresServer } from './postgres-server.ts'

async function childrenOf(pid: number): Promise<readonly number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return text
    .trim()
    .split(' ')
    .filter((word) => word !== '')
    .map(Number)
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // A session may have ended meanwhile.
  }
}

/**
 * Freezes a whole PostgreSQL, like an unresponsive host: sessions stay open, the kernel acknowledges packets, nothing
 * answers. It resumes when the result is disposed of. Dispose of it before the server.
 */
export async function freezePostgres({ pid }: Pick<PostgresServer, 'pid'>): Promise<Disposable> {
  // The postmaster first, so that no new child appears.
  process.kill(pid, 'SIGSTOP')
  const children = await childrenOf(pid)
  for (const child of children) signal(child, 'SIGSTOP')
  return {
    [Symbol.dispose]() {
      for (const each of [...children, pid]) signal(each, 'SIGCONT')
    },
  }
}

/**
 * Makes every new transaction of a server read-only, like a full disk or a failover, until the result is disposed of.
 */
export async function makeReadOnly({ url }: Pick<PostgresServer, 'url'>): Promise<AsyncDisposable> {
  const set = (setting: string): Promise<void> =>
    withClient(url, async (client) => {
      await client.query(setting)
      await client.query('SELECT pg_reload_conf()')
    })
  await set('ALTER SYSTEM SET default_transaction_read_only = on')
  // ALTER SYSTEM writes to a file, not to the database: a read-only session may undo it.
  return { [Symbol.asyncDispose]: () => set('ALTER SYSTEM RESET default_transaction_read_only') }
}
