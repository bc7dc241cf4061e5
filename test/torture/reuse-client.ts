import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { WebSocket } from 'ws'
import type { Use, UseFrame } from './reuse.ts'

/** How long the client waits before what it sends next; undefined: both go in one write. */
export type Gap = number | undefined

/** A use of the id, and when it ends. */
export interface Step extends Use {
  readonly query: string
  readonly variables?: object
  /** Before `complete`, and between `complete` and the next use. */
  readonly before: Gap
  readonly after: Gap
}

export interface Script {
  readonly steps: readonly Step[]
  readonly ending: 'close' | 'terminate'
}

const ID = 'again'
const ANSWER_WITHIN_MS = 8_000
/** Longer than the period of the subscriptions. */
const QUIET_MS = 250
const PERIOD_MS = 100

/** The root field of use `number` is called `u` and the number. */
export const nameOf = (number: number): string => `u${number}`
export const TICKS = (number: number): string =>
  `subscription { ${nameOf(number)}: serverTime(everyMs: ${PERIOD_MS}) }`

interface Frame {
  readonly type: string
  readonly id?: string
  readonly payload?: { readonly data?: Readonly<Record<string, unknown>> | null; readonly use?: number }
}

/** Plays a script over a connection of its own. Resolves with the frames of its id. */
export async function playScript(
  url: string,
  token: string,
  { steps, ending }: Script,
): Promise<readonly UseFrame[]> {
  await using client = await openClient(url, token)
  for (const [number, { query, variables = {}, kind, isAbandoned, before, after }] of steps.entries()) {
    const payload = { query, variables }
    client.send({ id: ID, type: 'subscribe', payload }, { type: 'ping', payload: { use: number } })
    if (isAbandoned) {
      if (before !== undefined) await client.flush(before)
      client.send({ id: ID, type: 'complete' })
      if (after !== undefined) await client.flush(after)
      continue
    }
    await client.flush(0)
    await client.until((frames) => hasEnded(frames, kind, number))
    // A running subscription gives its id free only by `complete`.
    if (kind === 'subscription') client.send({ id: ID, type: 'complete' })
  }
  client.send({ type: 'ping', payload: { use: steps.length } })
  await client.flush(0)
  await client.until((frames) => frames.some((frame) => frame.kind === 'pong' && frame.use === steps.length))
  await pause(QUIET_MS)
  client.end(ending)
  return client.frames
}

/** A query has ended with its completion, a subscription has shown that it runs. */
function hasEnded(frames: readonly UseFrame[], kind: Use['kind'], number: number): boolean {
  const at = frames.findIndex((frame) => frame.kind === 'next' && frame.use === number)
  if (frames.some((frame) => frame.kind === 'error')) return true
  return at >= 0 && (kind === 'subscription' || frames.slice(at).some((frame) => frame.kind === 'complete'))
}

async function openClient(url: string, token: string) {
  let wire: Socket | undefined
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
    createConnection(options: { readonly port?: unknown }) {
      wire = connect({ port: Number(options.port), host: '127.0.0.1' }).setNoDelay(true)
      return wire
    },
  })
  const gone = new Promise((resolve) => socket.once('close', resolve))
  // What breaks the connection shows in what is missing.
  socket.on('error', () => {})
  await once(socket, 'open')
  const frames: UseFrame[] = []
  socket.on('message', (data) => {
    const frame = readFrame(JSON.parse(String(data)) as Frame)
    if (frame !== undefined) frames.push(frame)
  })
  socket.send(JSON.stringify({ type: 'connection_init', payload: { token } }))
  await once(socket, 'message')
  wire?.cork()
  return {
    frames,
    /** Everything until the next `flush` goes in one write. */
    send(...messages: readonly object[]): void {
      for (const message of messages) socket.send(JSON.stringify(message))
    },
    async flush(thenMs: number): Promise<void> {
      wire?.uncork()
      await pause(thenMs)
      wire?.cork()
    },
    async until(isDone: (frames: readonly UseFrame[]) => boolean): Promise<void> {
      const end = Date.now() + ANSWER_WITHIN_MS
      while (!isDone(frames) && Date.now() < end && socket.readyState === socket.OPEN) await pause(2)
    },
    end(ending: Script['ending']): void {
      wire?.uncork()
      if (ending === 'close') socket.close()
      else socket.terminate()
    },
    async [Symbol.asyncDispose]() {
      socket.terminate()
      await gone
    },
  }
}

function readFrame({ type, id, payload }: Frame): UseFrame | undefined {
  if (type === 'pong') return { kind: 'pong', use: payload?.use ?? -1 }
  if (id !== ID) return undefined
  if (type === 'complete') return { kind: 'complete' }
  const [name = ''] = Object.keys(payload?.data ?? {})
  if (type !== 'next' || !name.startsWith('u')) return { kind: 'error' }
  return { kind: 'next', use: Number(name.slice(1)) }
}
