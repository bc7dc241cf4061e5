import { chown, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from './free-port.ts'
import { createDatabase, withClient } from './postgres-databases.ts'
import {
  folderWith,
  makeTemporaryFolder,
  run,
  type ServerProcess,
  startPatiently,
  startProcess,
  untilReady,
} from './process.ts'

export interface PostgresServer extends AsyncDisposable {
  /** Of the database `postgres`, as its owner. */
  readonly url: string
  readonly port: number
  /** Of the postmaster that runs now. */
  readonly pid: number
  /** Stops it gracefully (fast shutdown). */
  stop(): Promise<void>
  /** Stops it like a crash (immediate shutdown): the next start recovers from its write-ahead log. */
  killImmediate(): Promise<void>
  /** Restarts it on the same port with its data; stops it gracefully first if it is running. */
  restart(): Promise<void>
  /** The URL of a new, empty database. */
  createDatabase(): Promise<string>
}

interface User {
  readonly uid: number
  readonly gid: number
}

/** An empty data directory for a server, and PostgreSQL's programs. */
export interface PostgresHome {
  readonly folder: string
  readonly data: string
  readonly sockets: string
  /** Runs a PostgreSQL program as the owner of the data. */
  runProgram(name: string, args: readonly string[]): Promise<void>
  readonly postgres: string
  readonly user: User | undefined
}

const PROGRAMS = ['initdb', 'postgres', 'pg_basebackup', 'pg_dump', 'pg_restore']

/** The folders of PostgreSQL's programs, by version. */
export function findPostgres(): string | undefined {
  return folderWith(PROGRAMS, ['/usr/lib/postgresql/*/bin'])
}

/** The folder of PostgreSQL's programs. Throws if it is not installed. */
export function programsOfPostgres(): string {
  const programs = findPostgres()
  if (programs === undefined) throw new Error('There is no PostgreSQL: install the package postgresql')
  return programs
}

/** PostgreSQL refuses to run as root: then it runs as the user created by its package. */
async function userForPostgres(): Promise<User | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const [uid, gid] = await Promise.all([run('id', ['-u', 'postgres']), run('id', ['-g', 'postgres'])])
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) }
}

/** Makes a temporary folder for one server. `data` does not exist yet: initdb or pg_basebackup creates it. */
export async function makePostgresHome(): Promise<PostgresHome> {
  const programs = programsOfPostgres()
  const user = await userForPostgres()
  const folder = await makeTemporaryFolder('postgres')
  const sockets = join(folder, 'sockets')
  await mkdir(sockets)
  if (user !== undefined) await Promise.all([folder, sockets].map((path) => chown(path, user.uid, user.gid)))
  return {
    ...{ folder, sockets, user },
    data: join(folder, 'data'),
    postgres: join(programs, 'postgres'),
    async runProgram(name, args) {
      await run(join(programs, name), [...args], { cwd: folder, ...user })
    },
  }
}

async function acceptsQueries(url: string): Promise<boolean> {
  try {
    await withClient(url, (client) => client.query('select 1'))
    return true
  } catch {
    return false
  }
}

function settingsOf({ sockets }: PostgresHome, port: number, fsync: boolean): readonly string[] {
  // synchronous_commit stays on: without it a crash of the server loses what it had acknowledged.
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: sockets,
    max_connections: 200,
    fsync: fsync ? 'on' : 'off',
    full_page_writes: fsync ? 'on' : 'off',
  }
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

/** Serves the data of `home` on a free port of 127.0.0.1. Removes the folder when it is disposed of. */
export async function servePostgres(home: PostgresHome, fsync: boolean): Promise<PostgresServer> {
  const { folder, data, postgres: file, user } = home
  const urlOf = (port: number) => `postgresql://postgres@127.0.0.1:${port}/postgres`

  async function launch(port: number): Promise<ServerProcess> {
    const args = ['-D', data, ...settingsOf(home, port, fsync)]
    const server = startProcess({ file, args, folder, user, lethal: 'SIGQUIT' })
    await untilReady(server, () => acceptsQueries(urlOf(port)))
    return server
  }

  const started = await startPatiently(async () => {
    const port = await freePort()
    return { port, server: await launch(port) }
  })
  const { port } = started
  let { server } = started
  const url = urlOf(port)
  return {
    url,
    port,
    get pid() {
      if (server.pid === undefined) throw new Error('A server that is ready has a process')
      return server.pid
    },
    stop: () => server.end('SIGINT'),
    killImmediate: () => server.end('SIGQUIT'),
    async restart() {
      await server.end('SIGINT')
      server = await launch(port)
    },
    createDatabase: () => createDatabase(url),
    async [Symbol.asyncDispose]() {
      await server.end('SIGQUIT')
      await rm(folder, { recursive: true, force: true })
    },
  }
}
