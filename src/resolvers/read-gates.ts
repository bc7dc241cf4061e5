import { abandoned } from '../engine/kernel/abandoned.ts'

/** The requester of a read: `signal` is aborted when nobody waits for it any more. */
interface Reader {
  readonly client: string
  readonly signal: AbortSignal
}

/** Bounds the concurrent statements of each client, however many its operations need. */
export interface ReadGates {
  /** Starts `read` once the client has a free slot. Rejects without reading if aborted by then. */
  run<Value>(reader: Reader, read: () => Promise<Value>): Promise<Value>
}

interface Gate {
  running: number
  /** Each takes over the slot of a finished one. */
  readonly waiting: (() => void)[]
}

/** Per client, of the database's ten connections; the rest stay free for other clients. */
const AT_ONCE = 4

export function createReadGates(atOnce: number = AT_ONCE): ReadGates {
  const gates = new Map<string, Gate>()

  function leave(client: string, gate: Gate): void {
    const next = gate.waiting.shift()
    if (next !== undefined) {
      next()
      return
    }
    gate.running -= 1
    if (gate.running === 0) gates.delete(client)
  }

  return {
    async run({ client, signal }, read) {
      const gate = gates.get(client) ?? { running: 0, waiting: [] }
      gates.set(client, gate)
      if (gate.running < atOnce) gate.running += 1
      else await new Promise<void>((resolve) => gate.waiting.push(resolve))
      try {
        if (signal.aborted) throw abandoned
        return await read()
      } finally {
        leave(client, gate)
      }
    },
  }
}
