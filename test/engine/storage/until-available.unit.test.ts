import { describe, expect, test, vi } from 'vitest'
import { DatabaseUnavailable } from '../../../src/engine/storage/faults.ts'
import { untilAvailable } from '../../../src/engine/storage/until-available.ts'

describe('A wait for the database', () => {
  test('tries again until the database is there, and reports the wait once', async () => {
    const attempts = [new DatabaseUnavailable('away'), new DatabaseUnavailable('still away')]
    const waits: unknown[] = []
    const result = await untilAvailable(
      async () => {
        const fault = attempts.shift()
        if (fault !== undefined) throw fault
        return 'open'
      },
      (error) => void waits.push(error),
      1,
    )
    expect(result).toBe('open')
    expect(waits).toEqual([new DatabaseUnavailable('away')])
  })

  test('ends with a fault that time does not mend', async () => {
    const wrongPassword = Object.assign(new Error('password authentication failed'), { code: '28P01' })
    const onWait = vi.fn()
    await expect(untilAvailable(() => Promise.reject(wrongPassword), onWait)).rejects.toBe(wrongPassword)
    expect(onWait).not.toHaveBeenCalled()
  })
})
