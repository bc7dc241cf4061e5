import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { type Caller, createCaller } from '../support/caller.ts'
import { startNode, type TestNode } from '../support/node.ts'
import { freshDatabase } from '../support/postgres-shared.ts'
import { makeRoom } from '../support/rooms.ts'

const MESSAGES = `subscription ($roomId: ID!, $after: Cursor) { messages(roomId: $roomId, after: $after) {
  __typename ... on Event { offset cursor } ... on MessageSent { message { body } } } }`
const SEND = `mutation ($input: SendMessageInput!) { sendMessage(input: $input) { __typename } }`
/** Much more than the kernel buffers for a socket that is not read. */
const FLOOD = { messages: 1_500, at: 50 }

interface Entry {
  readonly __typename: string
  readonly offset: number
  readonly cursor: string
}

describe('a client that stops reading', () => {
  let node: TestNode
  let service: Caller

  beforeAll(async () => {
    node = await startNode({ databaseUrl: await freshDatabase(), env: { MAX_SEND_BUFFER_BYTES: '100000' } })
    service = await createCaller(node, 'house', ['service'])
  })
  afterAll(async () => {
    await service[Symbol.asyncDispose]()
    await node[Symbol.asyncDispose]()
  })

  async function flood(roomId: string): Promise<void> {
    const body = '€'.repeat(4_000)
    for (let sent = 0; sent < FLOOD.messages; sent += FLOOD.at) {
      const inputs = Array.from({ length: FLOOD.at }, () => ({ roomId, body, clientMessageId: randomUUID() }))
      await Promise.all(inputs.map((input) => service.ask(SEND, { input })))
    }
  }

  /** Follows the room until it stops reading; then returns how the connection ended, and what was received. */
  async function follow(roomId: string): Promise<{
    stop(): void
    go(): void
    readonly entries: readonly Entry[]
    readonly closed: Promise<number>
  }> {
    const socket = new WebSocket(node.wsUrl, 'graphql-transport-ws')
    onTestFinished(() => socket.terminate())
    const entries: Entry[] = []
    const begun = Promise.withResolvers<void>()
    socket.on('open', () => socket.send('{"type":"connection_init"}'))
    socket.on('message', (data) => {
      const { type, payload } = JSON.parse(String(data))
      const subscription = { id: '1', type: 'subscribe', payload: { query: MESSAGES, variables: { roomId } } }
      if (type === 'connection_ack') socket.send(JSON.stringify(subscription))
      if (type !== 'next') return
      entries.push(payload.data.messages)
      begun.resolve()
    })
    const closed = new Promise<number>((resolve) => socket.on('close', resolve))
    await begun.promise
    return { stop: () => socket.pause(), go: () => socket.resume(), entries, closed }
  }

  test('is closed with 4901, others get everything, and it resumes at its cursor', {
    timeout: 60_000,
  }, async () => {
    const roomId = await makeRoom(node, service.token ?? '')
    await using visitor = await createCaller(node)
    const healthy = visitor.record<Entry>(MESSAGES, { roomId })
    await healthy.take(1)
    const slow = await follow(roomId)
    slow.stop()
    await flood(roomId)
    const all = await healthy.take(FLOOD.messages + 1, 30_000)
    expect(all.map(({ offset }) => offset)).toEqual(all.map((_, index) => index))

    slow.go()
    expect([4901, 1006]).toContain(await slow.closed)
    const seen = slow.entries.length
    expect(seen).toBeLessThan(all.length)
    expect(slow.entries).toEqual(all.slice(0, seen))

    const resumed = visitor.record<Entry>(MESSAGES, { roomId, after: slow.entries.at(-1)?.cursor })
    expect(await resumed.take(all.length - seen, 30_000)).toEqual(all.slice(seen))
  })
})
