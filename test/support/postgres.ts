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
  /** Ends it in order (fast shutdown). */
  stop(): Promise<void>
  /** Ends it as a crash would (immediate shutdown): the next start recovers from its write-ahead log. */
  killImmediate(): Promise<void>
  /** Starts it again on the same port with its data; ends it in order first where it runs. */
  restart(): Promise<void>
  /** The address of a new, empty database. */
  createDatabase(): Promise<string>
}

export interface PostgresOptions {
  /** Off for speed: kills of the server lose nothing either way, only a loss of power would. */
  readonly fsync?: boolean
}

/** The folder of PostgreSQL's programs, by version where there are several. */
export function findPostgres(): string | undefined {
  return folderWith(['initdb', 'postgres', 'pg_ctl'], ['/usr/lib/postgresql/*/bin'])
}

/** PostgreSQL refuses to run as root: then it runs as the user that its package made. */
async function userForPostgres(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const [uid, gid] = await Promise.all([run('id', ['-u', 'postgres']), run('id', ['-g', 'postgres'])])
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) }
}

async function makeFolder(user: { uid: number; gid: number } | undefined): Promise<string> {
  const folder = await makeTemporaryFolder('postgres')
  if (user !== undefined) await chown(folder, user.uid, user.gid)
  return folder
}

async function acceptsQueries(url: string): Promise<boolean> {
  try {
    await withClient(url, (client) => client.query('select 1'))
    return true
  } catch {
    return false
  }
}

/** A PostgreSQL of one's own on 127.0.0.1: UTF-8, byte order, no passwords. Takes about two seconds to start. */
export async function startPostgres({ fsync = false }: PostgresOptions = {}): Promise<PostgresServer> {
  const programs = findPostgres()
  if (programs === undefined) throw new Error('There is no PostgreSQL: install the package postgresql')
  const user = await userForPostgres()
  const folder = await makeFolder(user)
  const data = join(folder, 'data')
  const sockets = join(folder, 'sockets')
  await mkdir(sockets)
  if (user !== undefined) await chown(sockets, user.uid, user.gid)
  await run(
    join(programs, 'initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
    { cwd: folder, ...user },
  )
  const file = join(programs, 'postgres')
  const urlOf = (port: number) => `postgresql://postgres@127.0.0.1:${port}/postgres`

  async function launch(port: number): Promise<ServerProcess> {
    // synchronous_commit stays on: without it a crash of the server loses what it had acknowledged.
    const settings = {
      port,
      listen_addresses: '127.0.0.1',
      unix_socket_directories: sockets,
      max_connections: 200,
      fsync: fsync ? 'on' : 'off',
      full_page_writes: fsync ? 'on' : 'off',
    }
    const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    const server = startProcess({ file, args: ['-D', data, ...args], folder, user, lethal: 'SIGQUIT' })
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
