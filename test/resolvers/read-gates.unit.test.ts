import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { createReadGates } from '../../src/resolvers/read-gates.ts'

const ann = { client: 'user:ann', signal: AbortSignal.any([]) } as const
const bob = { client: 'user:bob', signal: AbortSignal.any([]) } as const

/** Reads that end when they are told to. */
function createReads() {
  const begun: PromiseWithResolvers<string>[] = []
  return {
    begun,
    read: () => {
      const reading = Promise.withResolvers<string>()
      begun.push(reading)
      return reading.promise
    },
  }
}

describe('the statements of a client', () => {
  test('are few at once; the others begin in order as those end', async () => {
    const gates = createReadGates(2)
    const { begun, read } = createReads()
    const answers = Array.from({ length: 5 }, () => gates.run(ann, read))
    await turn()
    expect(begun).toHaveLength(2)
    begun[0]?.resolve('first')
    await answers[0]
    await turn()
    expect(begun).toHaveLength(3)
    for (let each = 1; each < 5; each += 1) {
      begun[each]?.resolve(`answer ${each}`)
      await answers[each]
      await turn()
    }
    expect(await answers[4]).toBe('answer 4')
  })

  test('do not hold up those of another', async () => {
    const gates = createReadGates(2)
    const { begun, read } = createReads()
    for (let each = 0; each < 5; each += 1) void gates.run(ann, read)
    void gates.run(bob, read)
    await turn()
    expect(begun).toHaveLength(3)
  })

  test('make room when one fails', async () => {
    const gates = createReadGates(1)
    const failed = gates.run(ann, () => Promise.reject(new Error('away')))
    const next = gates.run(ann, async () => 'read')
    await expect(failed).rejects.toThrow('away')
    expect(await next).toBe('read')
  })

  test('that wait when it disconnects never start, and those behind them do', async () => {
    const gates = createReadGates(1)
    const { begun, read } = createReads()
    const gone = new AbortController()
    const first = gates.run(ann, read)
    const waiting = gates.run({ client: ann.client, signal: gone.signal }, read)
    const last = gates.run(ann, read)
    gone.abort()
    begun[0]?.resolve('first')
    await first
    await expect(waiting).rejects.toMatchObject({ extensions: { code: 'ABANDONED' } })
    begun[1]?.resolve('last')
    expect(await last).toBe('last')
    expect(begun).toHaveLength(2)
  })
})
