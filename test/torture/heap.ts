import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { type Memory, memoryOf } from './processes.ts'

/** The inspector port of a node started with `env`. */
export function inspectable(port: number): Readonly<Record<string, string>> {
  return { NODE_OPTIONS: `--inspect-port=127.0.0.1:${port}` }
}

const PATIENCE_MS = 20_000
const LOOK_MS = 50

/** The memory that a process retains, in bytes. */
export interface KeptMemory extends Memory {
  /** The JavaScript heap plus external memory. */
  readonly used: number
}

/**
 * Measures the memory of a process after a full garbage collection. The process was started `inspectable` on `port`.
 */
export async function keptMemoryOf(pid: number, port: number): Promise<KeptMemory> {
  process.kill(pid, 'SIGUSR1')
  const socket = new WebSocket(await addressOf(port))
  try {
    await once(socket, 'open')
    // Objects finalised in the first round are freed in the second.
    await call(socket, 'HeapProfiler.collectGarbage')
    await call(socket, 'HeapProfiler.collectGarbage')
    const { result } = await call(socket, 'Runtime.evaluate', { expression: USED })
    return { ...(await memoryOf(pid)), used: Number(result?.value) }
  } finally {
    socket.terminate()
  }
}

const USED = 'process.memoryUsage().heapUsed + process.memoryUsage().external'

interface Called {
  readonly result?: { readonly value?: unknown }
}

/** One call of the inspector's protocol at a time. */
async function call(socket: WebSocket, method: string, params: object = {}): Promise<Called> {
  socket.send(JSON.stringify({ id: 1, method, params }))
  for (;;) {
    const [data] = await once(socket, 'message')
    const { id, result } = JSON.parse(String(data)) as { readonly id?: number; readonly result: Called }
    if (id !== undefined) return result
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
