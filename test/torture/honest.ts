import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { answerAll, readOrder } from './child.ts'
import type { Latencies, Latency } from './latency.ts'
import { latencyOf } from './latency.ts'

/** A process of one honest client that measures how long it waits. It never sends faster because answers come late. */
export interface HonestOrder {
  readonly url: string
  readonly localAddress: string
  readonly token: string
  readonly roomId: string
}

/** Resolves with the latencies of what was sent within `forMs`: `Latencies`. */
export interface HonestRequest {
  readonly forMs: number
}

const BETWEEN_MS = 50
/** So many echoes to one read and one message. */
const ECHOES = 4
const GIVE_UP_MS = 20_000
const READ = '{rooms(first:1){edges{node{id}}}}'
const SEND = `mutation($input:SendMessageInput!){sendMessage(input:$input){... on Rejected{code}}}`

interface Frame {
  readonly type: string
  readonly id?: string
  readonly payload?: unknown
}

const { url, localAddress, token, roomId } = await readOrder<HonestOrder>()
let operations = 0

/** One connection; a new one where the node closed it. */
let current: Promise<Connection> | undefined

interface Connection {
  /** Resolves with whether the answer has no error. */
  run(query: string, variables: object): Promise<boolean>
}

async function connectOnce(): Promise<Connection> {
  const address = `${url.replace('http', 'ws')}/graphql`
  const socket = new WebSocket(address, 'graphql-transport-ws', {
    localAddress,
    handshakeTimeout: GIVE_UP_MS,
  })
  const waiting = new Map<string, (isGood: boolean) => void>()
  socket.on('error', () => {})
  socket.on('close', () => {
    current = undefined
    for (const resolve of waiting.values()) resolve(false)
  })
  await once(socket, 'open')
  socket.send(JSON.stringify({ type: 'connection_init', payload: { token } }))
  await once(socket, 'message')
  socket.on('message', (data) => {
    const { type, id = '', payload } = JSON.parse(String(data)) as Frame
    if (type === 'ping') socket.send('{"type":"pong"}')
    const hasErrors = typeof payload === 'object' && payload !== null && 'errors' in payload
    if (type === 'next') waiting.get(id)?.(!hasErrors && !JSON.stringify(payload).includes('"code"'))
    if (type === 'error') waiting.get(id)?.(false)
  })
  return {
    async run(query, variables) {
      operations += 1
      const id = `${operations}`
      const answered = new Promise<boolean>((resolve) => waiting.set(id, resolve))
      socket.send(JSON.stringify({ id, type: 'subscribe', payload: { query, variables } }))
      const answer = await Promise.race([answered, pause(GIVE_UP_MS, false, { ref: false })])
      waiting.delete(id)
      return answer
    },
  }
}

async function time(query: string, variables: object = {}): Promise<Latency> {
  const beganMs = performance.now()
  try {
    current ??= connectOnce()
    const isAnswered = await (await current).run(query, variables)
    return { ms: performance.now() - beganMs, isAnswered }
  } catch {
    current = undefined
    return { ms: performance.now() - beganMs, isAnswered: false }
  }
}

async function measure(forMs: number): Promise<Latencies> {
  const [echo, read, message]: Promise<Latency>[][] = [[], [], []]
  const end = Date.now() + forMs
  for (let number = 0; Date.now() < end; number += 1) {
    echo?.push(time('{__typename}'))
    if (number % ECHOES === 0) {
      const key = `honest ${process.pid} ${operations}`
      read?.push(time(READ))
      message?.push(time(SEND, { input: { roomId, body: key, clientMessageId: key } }))
    }
    await pause(BETWEEN_MS)
  }
  return {
    echo: latencyOf(await Promise.all(echo ?? [])),
    read: latencyOf(await Promise.all(read ?? [])),
    message: latencyOf(await Promise.all(message ?? [])),
  }
}

answerAll<HonestRequest>(({ forMs }) => measure(forMs))
