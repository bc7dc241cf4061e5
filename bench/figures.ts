import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { WebSocket } from 'ws'

/** `p50 1.2 ms  p99 3.4 ms  max 5.6 ms` of `values`, in milliseconds. */
export function quantilesOf(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b)
  const quantile = (part: number): number => sorted[Math.floor(sorted.length * part)] ?? Number.NaN
  const parts = [
    `p50 ${show(quantile(0.5))}`,
    `p99 ${show(quantile(0.99))}`,
    `max ${show(sorted.at(-1) ?? Number.NaN)}`,
  ]
  return parts.join('  ')
}

const show = (ms: number): string => `${ms.toFixed(1)} ms`

/** In which the kernel counts CPU time for its readers. */
const TICKS_PER_SECOND = 100

/** The CPU time of a process so far, all its threads together (proc(5), fields 14 and 15). */
export async function cpuMsOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
  return ((Number(user) + Number(system)) / TICKS_PER_SECOND) * 1000
}

const PING_EVERY_MS = 20

/** How long a node takes to answer a ping on a connection that is idle otherwise: how long its event loop is busy. */
export async function measurePings(wsUrl: string, until: () => boolean): Promise<readonly number[]> {
  const socket = new WebSocket(wsUrl, 'graphql-transport-ws')
  await once(socket, 'open')
  socket.send(JSON.stringify({ type: 'connection_init' }))
  await once(socket, 'message')
  const waits: number[] = []
  while (!until()) {
    const start = performance.now()
    socket.ping()
    await once(socket, 'pong')
    waits.push(performance.now() - start)
    await pause(PING_EVERY_MS)
  }
  socket.close()
  return waits
}
