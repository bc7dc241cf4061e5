import { rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { freePort } from './free-port.ts'
import {
  folderWith,
  makeTemporaryFolder,
  type ServerProcess,
  startPatiently,
  startProcess,
  untilReady,
} from './process.ts'

export interface RedisServer extends AsyncDisposable {
  readonly url: string
  readonly port: number
  /** Stops it gracefully. */
  stop(): Promise<void>
  /** Kills it (SIGKILL). */
  kill(): Promise<void>
  /** Restarts it on the same port, empty; stops it first if it is running. */
  restart(): Promise<void>
}

/** The folder of the program redis-server. */
export function findRedis(): string | undefined {
  return folderWith(['redis-server'], ['/usr/bin', '/usr/local/bin'])
}

function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'))
    socket.once('data', (data) => {
      resolve(data.toString().startsWith('+PONG'))
      socket.destroy()
    })
    socket.once('error', () => resolve(false))
    socket.once('close', () => resolve(false))
  })
}

/** A private Redis on 127.0.0.1 without persistence. */
export async function startRedis(): Promise<RedisServer> {
  const programs = findRedis()
  if (programs === undefined) throw new Error('There is no redis-server: install the package redis-server')
  const file = join(programs, 'redis-server')
  const folder = await makeTemporaryFolder('redis')

  async function launch(port: number): Promise<ServerProcess> {
    const options = { port, bind: '127.0.0.1', save: '', appendonly: 'no', dir: folder }
    const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)])
    const server = startProcess({ file, args, folder, lethal: 'SIGKILL' })
    await untilReady(server, () => answersPing(port))
    return server
  }

  const started = await startPatiently(async () => {
    const port = await freePort()
    return { port, server: await launch(port) }
  })
  const { port } = started
  let { server } = started
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    stop: () => server.end('SIGTERM'),
    kill: () => server.end('SIGKILL'),
    async restart() {
      await server.end('SIGTERM')
      server = await launch(port)
    },
    async [Symbol.asyncDispose]() {
      await server.end('SIGKILL')
      await rm(folder, { recursive: true, force: true })
    },
  }
}
