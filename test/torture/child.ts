import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

/** A program of this folder in its own process, controlled by messages. */
export interface Child extends AsyncDisposable {
  /** Sends `request` and resolves with the answer. Rejects when the process ends first. */
  ask<Answer>(request: object): Promise<Answer>
}

interface Reply {
  readonly id: number
  readonly answer: unknown
}

/** Starts `program`, which reads `order` with `readOrder`, and answers requests with `answerAll`. */
export function startChild(program: string, order: object): Child {
  const child: ChildProcess = fork(join(import.meta.dirname, program), {
    execArgv: [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  child.send(order)
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

/** In the child: the order it was started with. The child ends with its parent. */
export async function readOrder<Order>(): Promise<Order> {
  process.on('disconnect', () => process.exit())
  const [order] = await once(process, 'message')
  return order as Order
}

/** In the child: answers each request. */
export function answerAll<Request>(answer: (request: Request) => Promise<unknown>): void {
  process.on('message', ({ id, request }: { readonly id: number; readonly request: Request }) => {
    void answer(request).then((value) => process.send?.({ id, answer: value ?? null }))
  })
}
