import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { withClient } from './postgres-databases.ts'
import { programsOfPostgres } from './postgres-server.ts'
import { makeTemporaryFolder, run } from './process.ts'

/** A `pg_dump` of one database. */
export interface Dump extends AsyncDisposable {
  /** Restores the original database: everything newer than the dump is lost. Ends its sessions. */
  restore(): Promise<void>
}

export async function dumpDatabase(url: string): Promise<Dump> {
  const programs = programsOfPostgres()
  const folder = await makeTemporaryFolder('dump')
  const file = join(folder, 'database.dump')
  await run(join(programs, 'pg_dump'), ['--format=custom', `--file=${file}`, url])
  return {
    async restore() {
      const server = new URL(url)
      const name = server.pathname.slice(1)
      server.pathname = '/postgres'
      await withClient(server.href, async (client) => {
        await client.query(`DROP DATABASE "${name}" WITH (FORCE)`)
        await client.query(`CREATE DATABASE "${name}" TEMPLATE template0`)
      })
      await run(join(programs, 'pg_restore'), ['--exit-on-error', `--dbname=${url}`, file])
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}
