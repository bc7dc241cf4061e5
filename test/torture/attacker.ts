import { Agent, request } from 'node:http'
import { constants, setPriority } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { COSTLY_QUERIES, costlySubscription, renamed } from './attack-documents.ts'
import { answerAll, readOrder } from './child.ts'

/** The process of a hostile client without a token. It measures nothing: it sends, within bounds, and leaves. */
export interface AttackerOrder {
  readonly url: string
  /** A different address from that of honest clients, by which a node may distinguish them. */
  readonly localAddress: string
  readonly roomId: string
}

/** Runs one attack; resolves with the number of operations sent, when every socket is closed. */
export interface Attack {
  readonly name: string
  readonly transports: readonly Transport[]
  readonly connections: number
  /** Concurrent operations per connection. */
  readonly perConnection: number
  /** Interval after which it sends again over new connections. */
  readonly everyMs: number
  readonly forMs: number
  /** Delay after which it cuts its connections; if absent, they stay until the next round. */
  readonly leaveAfterMs?: number
  /** Never reads. */
  readonly isDeaf?: boolean
  readonly subscribes?: boolean
}

export type Transport = 'websocket' | 'post' | 'get' | 'event-stream' | 'multipart'

const ACCEPT: Readonly<Record<Exclude<Transport, 'websocket'>, string>> = {
  post: 'application/json',
  get: 'application/graphql-response+json',
  'event-stream': 'text/event-stream',
  multipart: 'multipart/mixed;subscriptionSpec=1.0, application/json',
}
/** Hard limit on the operations of one attack. */
const MAX_OPERATIONS = 20_000

// It represents another machine: it must not take processor time from the nodes.
setPriority(constants.priority.PRIORITY_LOW)
const { url, localAddress, roomId } = await readOrder<AttackerOrder>()
let sent = 0

function nextDocument(subscribes: boolean): string {
  sent += 1
  if (subscribes) return costlySubscription(roomId, sent)
  return renamed(COSTLY_QUERIES[sent % COSTLY_QUERIES.length] ?? '', sent)
}

interface Closable {
  close(): void
}

function attackByWebSocket({ perConnection, isDeaf = false, subscribes = false }: Attack): Closable {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
    localAddress,
  })
  // Being rejected or disconnected is the expected outcome.
  socket.on('error', () => {})
  socket.on('open', () => socket.send('{"type":"connection_init"}'))
  socket.once('message', () => {
    for (let number = 0; number < perConnection; number += 1) {
      const payload = { query: nextDocument(subscribes) }
      socket.send(JSON.stringify({ id: `${number}`, type: 'subscribe', payload }))
    }
    if (isDeaf) socket.pause()
  })
  return { close: () => socket.terminate() }
}

function attackByHttp(transport: Exclude<Transport, 'websocket'>, attack: Attack): Closable {
  const { perConnection, connections, isDeaf = false, subscribes = false } = attack
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  for (let number = 0; number < perConnection; number += 1) {
    const query = nextDocument(subscribes)
    const isGet = transport === 'get'
    const path = isGet ? `/graphql?query=${encodeURIComponent(query)}` : '/graphql'
    const headers = { accept: ACCEPT[transport], 'content-type': 'application/json' }
    const sending = request(`${url}${path}`, { agent, localAddress, method: isGet ? 'GET' : 'POST', headers })
    sending.on('error', () => {})
    sending.on('response', (response) => {
      if (isDeaf) response.pause()
      else response.resume()
      response.on('error', () => {})
    })
    sending.end(isGet ? '' : JSON.stringify({ query }))
  }
  return { close: () => agent.destroy() }
}

function begin(attack: Attack): readonly Closable[] {
  return attack.transports.flatMap((transport) =>
    Array.from({ length: transport === 'websocket' ? attack.connections : 1 }, () =>
      transport === 'websocket' ? attackByWebSocket(attack) : attackByHttp(transport, attack),
    ),
  )
}

async function carryOut(attack: Attack): Promise<number> {
  sent = 0
  const end = Date.now() + attack.forMs
  const open: Closable[] = []
  const closeAll = (): void => {
    for (const each of open.splice(0)) each.close()
  }
  while (Date.now() < end && sent < MAX_OPERATIONS) {
    closeAll()
    open.push(...begin(attack))
    if (attack.leaveAfterMs !== undefined) {
      await pause(attack.leaveAfterMs)
      closeAll()
    }
    await pause(Math.max(0, Math.min(attack.everyMs - (attack.leaveAfterMs ?? 0), end - Date.now())))
  }
  closeAll()
  return sent
}

answerAll<Attack>(carryOut)
