import { setImmediate as afterIo, setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createTimeSlices } from '../../../src/engine/hub/time-slices.ts'

function workFor(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}

test('slices are given in the order of the requests', async () => {
  const slices = createTimeSlices()
  const taken: number[] = []
  const take = async (who: number): Promise<void> => {
    for (let round = 0; round < 3; round += 1) {
      await slices.next()
      taken.push(who)
    }
  }
  await Promise.all([take(1), take(2), take(3)])
  expect(taken).toEqual([1, 2, 3, 1, 2, 3, 1, 2, 3])
})

test('a timer waits for a few slices only, however many are requested', async () => {
  const slices = createTimeSlices()
  let taken = 0
  const all = Array.from({ length: 100 }, async () => {
    await slices.next()
    workFor(1)
    taken += 1
  })
  await afterIo()
  const before = taken
  await afterIo()
  await afterIo()
  expect(taken - before).toBeLessThan(20)
  await Promise.all(all)
  expect(taken).toBe(100)
})

test('a request after a pause is served too', async () => {
  const slices = createTimeSlices()
  await slices.next()
  await pause(5)
  await slices.next()
  await expect(Promise.all([slices.next(), slices.next()])).resolves.toHaveLength(2)
})
