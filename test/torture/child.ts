import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const ORDER = 'order.json'

/** A program of this folder in a process of its own, that is spoken to by messages. */
export interface Child extends AsyncDisposable {
  /** Sends `request` and resolves with the answer. Rejects when the process ends first. */
  ask<Answer>(request: object): Promise<Answer>
}

interface Reply {
  readonly id: number
  readonly answer: unknown
}

/** Starts `program`, which gets `order`, and answers questions by `answerAll`. */
export function startChild(program: string, order: object): Child {
  const folder = mkdtempSync(join(tmpdir(), 'rostrum-order-'))
  // An argument may have 128 KiB, and the clients of a run need more.
  writeFileSync(join(folder, ORDER), JSON.stringify(order))
  const child: ChildProcess = fork(join(import.meta.dirname, program), [folder], {
    execArgv: [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const exited = once(child, 'exit')
  const waiting = new Map<number, (answer: unknown) => void>()
  let asked = 0
  child.on('message', ({ id, answer }: Reply) => {
    waiting.get(id)?.(answer)
    waiting.delete(id)
  })
  return {
    async ask<Answer>(request: object) {
      asked += 1
      const id = asked
      const answered = new Promise<unknown>((resolve) => waiting.set(id, resolve))
      child.send({ id, request })
      const ended = exited.then(([code]) => {
        throw new Error(`${program} ended with ${code} before it answered`)
      })
      return (await Promise.race([answered, ended])) as Answer
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await exited
    },
  }
}

/** In the child: what it was started with. It ends with its parent. */
export function readOrder<Order>(): Order {
  process.on('disconnect', () => process.exit())
  const folder = process.argv[2] ?? ''
  const order = readFileSync(join(folder, ORDER), 'utf8')
  rmSync(folder, { recursive: true })
  return JSON.parse(order) as Order
}

/** In the child: answers each request. */
export function answerAll<Request>(answer: (request: Request) => Promise<unknown>): void {
  process.on('message', ({ id, request }: { readonly id: number; readonly request: Request }) => {
    void answer(request).then((value) => process.send?.({ id, answer: value ?? null }))
  })
}
