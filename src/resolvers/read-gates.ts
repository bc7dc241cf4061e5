import { abandoned } from '../engine/kernel/abandoned.ts'

/** Whom a read is for: `signal` is aborted when nobody waits for it any more. */
interface Reader {
  readonly client: string
  readonly signal: AbortSignal
}

/** Lets each client have a few statements of its own under way, however many its operations ask for. */
export interface ReadGates {
  /** Begins `read` when it is the client's turn. Rejects, without reading, where nobody waits for it any more by then. */
  run<Value>(reader: Reader, read: () => Promise<Value>): Promise<Value>
}

interface Gate {
  running: number
  /** Each takes over the place of one that has ended. */
  readonly waiting: (() => void)[]
}

/** Of the database's ten connections; the others stay free for everybody else. */
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
