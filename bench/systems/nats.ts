import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../../test/support/free-port.ts'
import { folderWith, makeTemporaryFolder } from '../../test/support/process.ts'
import { launch, lengthOf, READY_MESSAGE, topicNames, writeLists } from './peer.ts'
import type { System } from './system.ts'

const findNats = (): string | undefined => folderWith(['nats-server'], ['/usr/sbin', '/usr/local/bin'])
const HELLO = 'CONNECT {"verbose":false,"pedantic":false,"lang":"c","version":"1"}\\r\\n'

function configOf(webSocketPort: number, port: number): string {
  return `host: 127.0.0.1
port: ${port}
websocket {
  host: "127.0.0.1"
  port: ${webSocketPort}
  no_tls: true
  compression: false
}
max_connections: 20000
write_deadline: "30s"
max_pending: 512MB
`
}

/** Publishes by its own protocol. Its subscribers need no tokens. */
export const NATS: System = {
  key: 'nats',
  name: 'NATS over WebSocket (Go, coalesces)',
  missing: () => (findNats() === undefined ? 'there is no nats-server (Debian: nats-server)' : undefined),
  async start({ topics }) {
    const programs = findNats()
    if (programs === undefined) throw new Error('there is no nats-server')
    await using stack = new AsyncDisposableStack()
    const folder = await makeTemporaryFolder('nats')
    stack.defer(() => rm(folder, { recursive: true, force: true }))
    const [webSocketPort, port] = [await freePort(), await freePort()]
    const file = join(folder, 'nats.conf')
    await writeFile(file, configOf(webSocketPort, port))
    const server = await launch([join(programs, 'nats-server'), '-c', file], webSocketPort, {
      GOMAXPROCS: '1',
    })
    stack.defer(() => server.stop())
    const lists = { topics: topicNames(topics), tokens: [''], queries: [''] }
    const target = {
      ports: [webSocketPort],
      pids: [server.pid],
      protocol: 'nats' as const,
      path: '/',
      ...(await writeLists(stack, lists)),
    }
    const length = lengthOf(READY_MESSAGE, lists.topics[0] ?? '')
    const running = stack.move()
    return {
      target,
      publishing: {
        request: `PUB {topic} ${length}\\r\\n${READY_MESSAGE}\\r\\n`,
        hello: HELLO,
        port,
        connections: 1,
      },
      [Symbol.asyncDispose]: () => running.disposeAsync(),
    }
  },
}
