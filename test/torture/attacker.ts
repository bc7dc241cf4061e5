import { Agent, request } from 'node:http'
import { constants, setPriority } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { COSTLY_QUERIES, costlySubscription, renamed } from './attack-documents.ts'
import { answerAll, readOrder } from './child.ts'

/** A process of one hostile client without a token. It measures nothing: it sends, within bounds, and leaves. */
export interface AttackerOrder {
  readonly url: string
  /** Other than that of honest clients: a node may tell them apart by it. */
  readonly localAddress: string
  readonly roomId: string
}

/** One attack; resolves with how many operations were sent. Every socket is gone then. */
export interface Attack {
  readonly name: string
  readonly transports: readonly Transport[]
  readonly connections: number
  /** Operations at once over each connection. */
  readonly perConnection: number
  /** Sends again, over new connections, after so long. */
  readonly everyMs: number
  readonly forMs: number
  /** Cuts its connections so long after sending; stays until the next time where absent. */
  readonly leaveAfterMs?: number
  /** Reads nothing of what comes. */
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
/** A bound on what one attack sends, whatever it is told. */
const MAX_OPERATIONS = 20_000

// It stands for another machine: it must not take processor time from those that it attacks.
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
  // A node that refuses or cuts it is what this asks for.
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
