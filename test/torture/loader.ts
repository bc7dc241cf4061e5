import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { type Answer, type Attempt, answerIn, attemptOf, type Body, UNANSWERED } from './attempts.ts'
import { answerAll, readOrder } from './child.ts'
import { type Command, messageCommand } from './commands.ts'

/** A process that sends messages to one room of one node, at a given rate, over many connections. */
export interface LoaderOrder {
  readonly url: string
  readonly author: string
  readonly roomId: string
  readonly connections: number
}

export type LoaderRequest = {
  /** Prefix of the keys of this load. */
  readonly name: string
  readonly forMs: number
} & (
  | { readonly kind: 'in flight'; readonly count: number }
  /** Regardless of the answer. */
  | { readonly kind: 'a second'; readonly count: number }
)

const TICK_MS = 10
const ANSWER_WITHIN_MS = 32_000

interface Frame {
  readonly type: string
  readonly id?: string
  readonly payload?: unknown
}

const { url, author, roomId, connections: count } = await readOrder<LoaderOrder>()
const connections = await Promise.all(Array.from({ length: count }, openConnection))
let made = 0

async function openConnection() {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
  const waiting = new Map<string, (answer: Answer) => void>()
  let sent = 0
  socket.on('error', () => {})
  socket.on('close', () => {
    for (const resolve of waiting.values()) resolve(UNANSWERED)
  })
  await once(socket, 'open')
  const { token } = await messageCommand('', roomId, author)
  socket.send(JSON.stringify({ type: 'connection_init', payload: { token } }))
  await once(socket, 'message')
  socket.on('message', (data) => {
    const { type, id = '', payload } = JSON.parse(String(data)) as Frame
    if (type === 'ping') socket.send('{"type":"pong"}')
    if (type === 'next') waiting.get(id)?.(answerIn(payload as Body))
    if (type === 'error') waiting.get(id)?.(answerIn({ errors: payload as NonNullable<Body['errors']> }))
  })
  return async ({ query, input }: Command): Promise<Answer> => {
    sent += 1
    const id = `${sent}`
    const answered = new Promise<Answer>((resolve) => waiting.set(id, resolve))
    socket.send(JSON.stringify({ id, type: 'subscribe', payload: { query, variables: { input } } }))
    const answer = await Promise.race([answered, pause(ANSWER_WITHIN_MS, UNANSWERED, { ref: false })])
    waiting.delete(id)
    return answer
  }
}

async function sendOne(name: string): Promise<Attempt> {
  const beganMs = Date.now()
  made += 1
  const connection = connections[made % connections.length]
  const command = await messageCommand(`${name} ${made}`, roomId, author)
  const answer = await connection?.(command)
  return attemptOf(command, answer ?? UNANSWERED, beganMs)
}

async function keepInFlight(name: string, inFlight: number, end: number): Promise<readonly Attempt[]> {
  const all: Attempt[] = []
  const lanes = Array.from({ length: inFlight }, async () => {
    while (Date.now() < end) all.push(await sendOne(name))
  })
  await Promise.all(lanes)
  return all
}

async function keepRate(name: string, perSecond: number, end: number): Promise<readonly Attempt[]> {
  const all: Promise<Attempt>[] = []
  const beganMs = Date.now()
  while (Date.now() < end) {
    const due = ((Date.now() - beganMs) / 1000) * perSecond
    while (all.length < due) all.push(sendOne(name))
    await pause(TICK_MS)
  }
  return await Promise.all(all)
}

answerAll<LoaderRequest>(({ name, forMs, kind, count: wanted }) => {
  const end = Date.now() + forMs
  return kind === 'in flight' ? keepInFlight(name, wanted, end) : keepRate(name, wanted, end)
})
