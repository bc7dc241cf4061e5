import { describe, expect, test } from 'vitest'
import { oneAtATime } from '../../../src/engine/kernel/coalesce.ts'
import { settled } from '../hub/flushed.ts'

interface Reading {
  readonly read: (key: string) => Promise<string>
  /** The reads that have begun, each with how to end it. */
  readonly begun: readonly { readonly key: string; readonly end: PromiseWithResolvers<string> }[]
}

function given(): Reading {
  const begun: { readonly key: string; readonly end: PromiseWithResolvers<string> }[] = []
  const read = oneAtATime((key: string) => {
    const end = Promise.withResolvers<string>()
    begun.push({ key, end })
    return end.promise
  })
  return { read, begun }
}

describe('reading one at a time', () => {
  test('shares a read among all who asked before it began', async () => {
    const { read, begun } = given()
    const asked = [read('a'), read('a'), read('a')]
    await settled()
    expect(begun).toHaveLength(1)
    begun[0]?.end.resolve('first')
    expect(await Promise.all(asked)).toEqual(['first', 'first', 'first'])
  })

  test('gives who asks while it is read the next one, which begins when that has ended', async () => {
    const { read, begun } = given()
    const first = read('a')
    await settled()
    const later = [read('a'), read('a')]
    await settled()
    expect(begun).toHaveLength(1)
    begun[0]?.end.resolve('first')
    expect(await first).toBe('first')
    await settled()
    expect(begun).toHaveLength(2)
    begun[1]?.end.resolve('second')
    expect(await Promise.all(later)).toEqual(['second', 'second'])
  })

  test('keeps keys apart', async () => {
    const { read, begun } = given()
    const asked = [read('a'), read('b')]
    await settled()
    expect(begun.map(({ key }) => key)).toEqual(['a', 'b'])
    for (const { key, end } of begun) end.resolve(key)
    expect(await Promise.all(asked)).toEqual(['a', 'b'])
  })

  test('fails those who share a read that fails, and reads on', async () => {
    const { read, begun } = given()
    const asked = [read('a'), read('a')]
    await settled()
    const next = read('a')
    begun[0]?.end.reject(new Error('away'))
    for (const each of asked) await expect(each).rejects.toThrow('away')
    await settled()
    begun[1]?.end.resolve('back')
    expect(await next).toBe('back')
  })
})
