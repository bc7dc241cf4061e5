import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { every } from '../../../src/engine/kernel/every.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const unexpected = (error: unknown): void => expect.unreachable(String(error))

describe('A periodic task', () => {
  test('runs first after one period, then a period after each round has ended', async () => {
    const rounds: number[] = []
    const beganAt = Date.now()
    const task = async (): Promise<void> => {
      rounds.push(Date.now() - beganAt)
      await new Promise((resolve) => setTimeout(resolve, 30))
    }
    const periodic = every(task, { everyMs: 100, onFault: unexpected })
    await vi.advanceTimersByTimeAsync(400)
    expect(rounds).toEqual([100, 230, 360])
    await vi.advanceTimersByTimeAsync(20)
    await periodic.close()
    await vi.advanceTimersByTimeAsync(1_000)
    expect(rounds).toHaveLength(3)
  })

  test('reports a failed round, and runs the next one', async () => {
    const faults: unknown[] = []
    const task = vi.fn().mockRejectedValueOnce('away').mockResolvedValue(undefined)
    const periodic = every(task, { everyMs: 100, onFault: (error) => faults.push(error) })
    await vi.advanceTimersByTimeAsync(250)
    expect(task).toHaveBeenCalledTimes(2)
    expect(faults).toEqual(['away'])
    await periodic.close()
  })

  test('asks for the period before each wait', async () => {
    const task = vi.fn().mockResolvedValue(undefined)
    const waits = [10, 500]
    const periodic = every(task, { everyMs: () => waits.shift() ?? 1_000, onFault: unexpected })
    await vi.advanceTimersByTimeAsync(400)
    expect(task).toHaveBeenCalledTimes(1)
    await vi.advanceTimersByTimeAsync(110)
    expect(task).toHaveBeenCalledTimes(2)
    await periodic.close()
  })

  test('runs at once on demand, and once more after a round that was running', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const task = vi.fn().mockReturnValueOnce(promise).mockResolvedValue(undefined)
    const periodic = every(task, { everyMs: 60_000, onFault: unexpected })
    periodic.soon()
    await vi.advanceTimersByTimeAsync(1)
    expect(task).toHaveBeenCalledTimes(1)
    periodic.soon()
    periodic.soon()
    await vi.advanceTimersByTimeAsync(1)
    expect(task).toHaveBeenCalledTimes(1)
    resolve()
    await vi.advanceTimersByTimeAsync(1)
    expect(task).toHaveBeenCalledTimes(2)
    await periodic.close()
  })

  test('is closed once its running round has ended', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const periodic = every(() => promise, { everyMs: 10, onFault: unexpected })
    await vi.advanceTimersByTimeAsync(10)
    let isClosed = false
    const closing = periodic.close().then(() => {
      isClosed = true
    })
    await vi.advanceTimersByTimeAsync(100)
    expect(isClosed).toBe(false)
    resolve()
    await closing
    expect(isClosed).toBe(true)
  })
})
