import { describe, expect, test } from 'vitest'
import { Overloaded } from '../../../src/engine/kernel/overloaded.ts'
import { createOperationQueues, OperationQueue } from '../../../src/platform/limits/operation-queue.ts'

const NEVER = new AbortController().signal

/** Work that a test completes manually, and what has started. */
function createWork() {
  const begun: number[] = []
  const finish = new Map<number, () => void>()
  return {
    begun,
    finish: (id: number) => finish.get(id)?.(),
    work: (id: number) => () =>
      new Promise<number>((resolve) => {
        begun.push(id)
        finish.set(id, () => resolve(id))
      }),
  }
}

describe('A queue of operations', () => {
  test('runs no more than its maximum at once, and the rest in order of arrival', async () => {
    const queue = new OperationQueue({ maxRunning: 2, maxWaiting: 10 })
    const { begun, finish, work } = createWork()
    const results = [1, 2, 3, 4].map((id) => queue.run(work(id), NEVER))
    expect(begun).toEqual([1, 2])
    finish(2)
    await results[1]
    await expect.poll(() => begun).toEqual([1, 2, 3])
    finish(1)
    await expect.poll(() => begun).toEqual([1, 2, 3, 4])
    finish(3)
    finish(4)
    expect(await Promise.all(results)).toEqual([1, 2, 3, 4])
    expect(queue.isIdle).toBe(true)
  })

  test('refuses work at once when the queue is full, and accepts more when one has started', async () => {
    const queue = new OperationQueue({ maxRunning: 1, maxWaiting: 1 })
    const { begun, finish, work } = createWork()
    void queue.run(work(1), NEVER)
    const second = queue.run(work(2), NEVER)
    await expect(queue.run(work(3), NEVER)).rejects.toBeInstanceOf(Overloaded)
    finish(1)
    await expect.poll(() => begun).toEqual([1, 2])
    const fourth = queue.run(work(4), NEVER)
    finish(2)
    await second
    await expect.poll(() => begun).toEqual([1, 2, 4])
    finish(4)
    await fourth
  })

  test('drops the waiting and later work of a client that has gone', async () => {
    const queue = new OperationQueue({ maxRunning: 1, maxWaiting: 1 })
    const { begun, finish, work } = createWork()
    const first = queue.run(work(1), NEVER)
    const gone = new AbortController()
    const second = queue.run(work(2), gone.signal)
    gone.abort()
    await expect(second).rejects.toThrow('aborted')
    await expect(queue.run(work(3), gone.signal)).rejects.toThrow('aborted')
    // Its place is free.
    const fourth = queue.run(work(4), NEVER)
    finish(1)
    await first
    await expect.poll(() => begun).toEqual([1, 4])
    finish(4)
    await fourth
  })

  test('continues after failing work', async () => {
    const queue = new OperationQueue({ maxRunning: 1, maxWaiting: 1 })
    const failing = queue.run(() => Promise.reject(new Error('no')), NEVER)
    const next = queue.run(async () => 'yes', NEVER)
    await expect(failing).rejects.toThrow('no')
    await expect(next).resolves.toBe('yes')
  })
})

describe('Queues by client', () => {
  test('bound each client by itself, and are forgotten when idle', async () => {
    const queues = createOperationQueues<string>({ maxRunning: 1, maxWaiting: 0 })
    const { finish, work } = createWork()
    const [ann, ben] = [queues.run('ann', work(1), NEVER), queues.run('ben', work(2), NEVER)]
    await expect(queues.run('ann', work(3), NEVER)).rejects.toBeInstanceOf(Overloaded)
    expect(queues.size).toBe(2)
    finish(1)
    finish(2)
    expect(await Promise.all([ann, ben])).toEqual([1, 2])
    expect(queues.size).toBe(0)
  })
})
