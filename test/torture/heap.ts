import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { type Memory, memoryOf } from './processes.ts'

/** Where a node that is started with `env` can be looked into. */
export function inspectable(port: number): Readonly<Record<string, string>> {
  return { NODE_OPTIONS: `--inspect-port=127.0.0.1:${port}` }
}

const PATIENCE_MS = 20_000
const LOOK_MS = 50

/**
 * What a process holds when all garbage is collected: until then it holds what its collector has let lie. The process was
 * started `inspectable` on `port`.
 */
export async function keptMemoryOf(pid: number, port: number): Promise<Memory> {
  process.kill(pid, 'SIGUSR1')
  const socket = new WebSocket(await addressOf(port))
  try {
    await once(socket, 'open')
    // What the first round finalises, the second frees.
    for (const id of [1, 2]) {
      socket.send(JSON.stringify({ id, method: 'HeapProfiler.collectGarbage' }))
      await once(socket, 'message')
    }
    return await memoryOf(pid)
  } finally {
    socket.terminate()
  }
}

async function addressOf(port: number): Promise<string> {
  const end = Date.now() + PATIENCE_MS
  for (;;) {
    try {
      const response = await fetch(`http://127.0.0.1:${port}/json`)
      const [target] = (await response.json()) as readonly { readonly webSocketDebuggerUrl: string }[]
      if (target !== undefined) return target.webSocketDebuggerUrl
    } catch (error) {
      if (Date.now() > end) throw error
    }
    await pause(LOOK_MS)
  }
}
