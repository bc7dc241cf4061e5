import { appendFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { withClient } from './postgres-databases.ts'
import { makePostgresHome, type PostgresHome, type PostgresServer, servePostgres } from './postgres-server.ts'

const LOOK_MS = 20
const PATIENCE_MS = 20_000

/** An asynchronous streaming replica: it receives what its primary commits, and the primary does not wait for it. */
export interface PostgresReplica extends PostgresServer {
  /** Resolves when it has replayed everything that the primary has written so far. */
  untilCaughtUp(): Promise<void>
  /** Stops replication. Later commits of the primary are missing here. */
  cutOff(): Promise<void>
  /** Makes it a primary, on a new timeline. Resolves when it accepts writes. */
  promote(): Promise<void>
}

async function ask(url: string, statement: string, values: readonly unknown[] = []): Promise<string> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ readonly value: unknown }>(statement, [...values])
    return String(rows[0]?.value)
  })
}

async function until(isDone: () => Promise<boolean>, what: string): Promise<void> {
  const end = Date.now() + PATIENCE_MS
  while (!(await isDone())) {
    if (Date.now() > end) throw new Error(`${what} within ${PATIENCE_MS} ms`)
    await pause(LOOK_MS)
  }
}

/** Copies the files of a running server, as an operator's base backup does. */
async function copyOf(primary: PostgresServer, more: readonly string[] = []): Promise<PostgresHome> {
  const home = await makePostgresHome()
  const from = ['-h', '127.0.0.1', '-p', `${primary.port}`, '-U', 'postgres']
  await home.runProgram('pg_basebackup', [
    ...[...from, '-D', home.data, '-X', 'stream', '--checkpoint=fast', '--no-sync', ...more],
  ])
  return home
}

/** Starts a replica of `primary` on a port of its own. Takes about two seconds. */
export async function startReplica(primary: PostgresServer): Promise<PostgresReplica> {
  const home = await copyOf(primary, ['--write-recovery-conf'])
  const server = await servePostgres(home, false)
  const { url } = server
  const replica: Omit<PostgresReplica, keyof PostgresServer> = {
    async untilCaughtUp() {
      const written = await ask(primary.url, 'SELECT pg_current_wal_lsn() AS value')
      const statement = 'SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn AS value'
      await until(
        async () => (await ask(url, statement, [written])) === 'true',
        'The replica did not catch up',
      )
    },
    async cutOff() {
      await withClient(url, async (client) => {
        await client.query("ALTER SYSTEM SET primary_conninfo = ''")
        await client.query('SELECT pg_reload_conf()')
      })
      const statement = 'SELECT count(*)::int AS value FROM pg_stat_wal_receiver'
      await until(async () => (await ask(url, statement)) === '0', 'The replication did not end')
    },
    async promote() {
      if ((await ask(url, 'SELECT pg_promote(true, 30) AS value')) !== 'true')
        throw new Error('The replica was not promoted')
    },
  }
  // Keeps the getters: the process changes with a restart.
  return Object.assign(server, replica)
}

/** The files of a server at one moment. */
export interface BaseBackup extends AsyncDisposable {
  /** Starts a server on the backup's timeline, as a copied disk or a snapshot of a volume does. Once only. */
  start(): Promise<PostgresServer>
  /** Starts a server by point-in-time recovery: it ends on a new timeline. Once only. */
  recover(): Promise<PostgresServer>
}

/** Takes a base backup. A server started from it removes the files when it is disposed of. */
export async function takeBaseBackup(primary: PostgresServer): Promise<BaseBackup> {
  const home = await copyOf(primary)
  const configuration = join(home.data, 'postgresql.auto.conf')
  return {
    start: () => servePostgres(home, false),
    async recover() {
      // No archive: the backup's own write-ahead log reaches the point of consistency.
      await appendFile(configuration, RECOVERY)
      await writeFile(join(home.data, 'recovery.signal'), '')
      const server = await servePostgres(home, false)
      const statement = 'SELECT pg_is_in_recovery() AS value'
      await until(async () => (await ask(server.url, statement)) === 'false', 'The recovery did not end')
      return server
    },
    [Symbol.asyncDispose]: () => rm(home.folder, { recursive: true, force: true }),
  }
}

const RECOVERY = `
restore_command = 'false'
recovery_target = 'immediate'
recovery_target_action = 'promote'
`
