import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, test, vi } from 'vitest'
import { together } from '../../../src/engine/kernel/batch-loader.ts'

describe('what is asked for together', () => {
  test('within one turn is read at once, and each gets the own answer', async () => {
    const readAll = vi.fn(async (keys: readonly number[]) => keys.map((key) => key * 10))
    const read = together(readAll)
    const later = Promise.resolve().then(() => read(3))
    expect(await Promise.all([read(1), read(2), later, read(1)])).toEqual([10, 20, 30, 10])
    expect(readAll.mock.calls).toEqual([[[1, 2, 1, 3]]])
    expect(await read(4)).toBe(40)
    expect(readAll).toHaveBeenCalledTimes(2)
  })

  test('while a read is under way waits for the next: nobody gets what was true before', async () => {
    let value = 'old'
    const gate = Promise.withResolvers<void>()
    const read = together(async (keys: readonly string[]) => {
      const found = value
      if (found === 'old') await gate.promise
      return keys.map(() => found)
    })
    const first = read('a')
    await turn()
    value = 'new'
    const second = read('a')
    gate.resolve()
    expect(await Promise.all([first, second])).toEqual(['old', 'new'])
  })

  test('while two reads take their time is read by the next one that ends', async () => {
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const reads: (readonly number[])[] = []
    const read = together(async (keys: readonly number[]) => {
      reads.push(keys)
      await gates[reads.length - 1]?.promise
      return keys
    })
    const answers: Promise<number>[] = []
    for (let key = 1; key <= 5; key += 1) {
      answers.push(read(key))
      await turn()
    }
    expect(reads).toEqual([[1], [2]])
    gates[1]?.resolve()
    await answers[1]
    await turn()
    expect(reads).toEqual([[1], [2], [3, 4, 5]])
    gates[0]?.resolve()
    expect(await Promise.all(answers)).toEqual([1, 2, 3, 4, 5])
  })

  test('is held up by no read that never ends', async () => {
    const read = together((keys: readonly number[]) =>
      keys.includes(0) ? new Promise<never>(() => {}) : Promise.resolve(keys),
    )
    for (let hanging = 0; hanging < 2; hanging += 1) {
      void read(0)
      await turn()
    }
    expect(await Promise.all([read(7), read(8)])).toEqual([7, 8])
    expect(await read(9)).toBe(9)
  })

  test('fails for all callers of the batch, but not for later ones', async () => {
    let isAway = true
    const read = together(async (keys: readonly number[]) => {
      if (isAway) throw new Error('away')
      return keys
    })
    const outcomes = await Promise.allSettled([read(1), read(2)])
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    isAway = false
    expect(await read(3)).toBe(3)
  })
})

describe('what is asked for in groups', () => {
  test('is read by a statement each, of which one may fail alone', async () => {
    const readAll = vi.fn(async (keys: readonly string[]) => {
      if (keys.includes('b1')) throw new Error('bad')
      return keys
    })
    const read = together(readAll, { groupOf: (key) => key.charAt(0) })
    const outcomes = await Promise.allSettled(['a1', 'b1', 'a2'].map((key) => read(key)))
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(readAll.mock.calls).toEqual([[['a1', 'a2']], [['b1']]])
  })

  test('is read once for all who ask for the same', async () => {
    const readAll = vi.fn(async (keys: readonly { readonly id: number }[]) => keys.map(({ id }) => id * 10))
    const read = together(readAll, { idOf: ({ id }) => String(id) })
    expect(await Promise.all([1, 2, 1, 1].map((id) => read({ id })))).toEqual([10, 20, 10, 10])
    expect(readAll.mock.calls).toEqual([[[{ id: 1 }, { id: 2 }]]])
  })
})

describe('what is asked for by somebody who has gone', () => {
  test('is not read, unless somebody else asks for the same', async () => {
    const readAll = vi.fn(async (keys: readonly string[]) => keys)
    const read = together(readAll, { idOf: String })
    const gone = new AbortController()
    const asked = [read('a', gone.signal), read('b', gone.signal), read('b'), read('c')]
    gone.abort()
    const outcomes = await Promise.allSettled(asked)
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled', 'fulfilled'])
    expect(readAll.mock.calls).toEqual([[['b', 'c']]])
  })

  test('makes no read at all where nothing else is asked for', async () => {
    const readAll = vi.fn(async (keys: readonly string[]) => keys)
    const read = together(readAll)
    await expect(read('a', AbortSignal.abort())).rejects.toMatchObject({ extensions: { code: 'ABANDONED' } })
    expect(readAll).not.toHaveBeenCalled()
  })
})
