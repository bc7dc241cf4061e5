import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { startNode, type TestNode } from '../support/node.ts'
import { freshDatabase } from '../support/postgres-shared.ts'
import { openSocket } from '../support/socket.ts'

const UPGRADE = 'GET /graphql HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'

describe('clients that send an upgrade byte by byte', () => {
  let node: TestNode

  beforeAll(async () => {
    node = await startNode({ databaseUrl: await freshDatabase() })
  })
  afterAll(() => node[Symbol.asyncDispose]())

  async function crawl(): Promise<{ readonly socket: Socket; readonly answered: Promise<string> }> {
    const socket = connect(Number(new URL(node.url).port), '127.0.0.1')
    let answer = ''
    socket.on('data', (data) => {
      answer += String(data)
    })
    socket.on('error', () => {})
    await once(socket, 'connect')
    socket.write(UPGRADE)
    const drip = setInterval(() => socket.write('X'), 500)
    onTestFinished(() => {
      clearInterval(drip)
      socket.destroy()
    })
    return { socket, answered: once(socket, 'close').then(() => answer) }
  }

  test('are cut off within seconds, and delay nobody', { timeout: 40_000 }, async () => {
    const crawlers = await Promise.all(Array.from({ length: 50 }, crawl))
    using socket = await openSocket(node.wsUrl)
    await socket.init()
    expect(await socket.run('{ __typename }')).toHaveProperty('data')
    for (const { answered } of crawlers) expect(await answered).toMatch(/^(HTTP\/1\.1 408 .*)?$/su)
    expect(await socket.run('{ __typename }')).toHaveProperty('data')
  })
})
