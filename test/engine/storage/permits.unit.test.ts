import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { createPermits, WaitedTooLong } from '../../../src/engine/storage/permits.ts'

const LANE = { maxWaiting: 3, maxWaitMs: 60_000 }

/** Permits of which all are taken; what was granted since, by name. */
async function given(lanes = [LANE, LANE]) {
  const permits = createPermits(1, lanes)
  const releases = [await permits.take(0)]
  const granted: string[] = []
  const ask = (lane: number, name: string): void => {
    permits.take(lane).then(
      (release) => {
        granted.push(name)
        releases.push(release)
      },
      (error: unknown) => granted.push(error instanceof WaitedTooLong ? `${name} refused` : String(error)),
    )
  }
  const release = async (): Promise<void> => {
    releases.pop()?.()
    await turn()
  }
  return { permits, granted, ask, release }
}

describe('permits', () => {
  test('go to an earlier lane first, and within a lane to who came first', async () => {
    const { granted, ask, release } = await given()
    for (const [lane, name] of [
      [1, 'b1'],
      [0, 'a1'],
      [1, 'b2'],
      [0, 'a2'],
    ] as const)
      ask(lane, name)
    for (let round = 0; round < 4; round += 1) await release()
    expect(granted).toEqual(['a1', 'a2', 'b1', 'b2'])
  })

  test('go to a later lane now and then, though an earlier one never runs dry', async () => {
    const { granted, ask, release } = await given([{ ...LANE, maxWaiting: 30 }, LANE])
    ask(1, 'late')
    for (let round = 0; round < 6; round += 1) {
      ask(0, `a${round}`)
      ask(0, `a${round}`)
      await release()
    }
    expect(granted.indexOf('late')).toBe(4)
  })

  test('are refused where a lane is full', async () => {
    const { permits, granted, ask } = await given()
    for (let index = 0; index < 5; index += 1) ask(1, `b${index}`)
    await turn()
    expect(granted).toEqual(['b3 refused', 'b4 refused'])
    expect(permits.waiting(1)).toBe(3)
  })

  test('are refused after the longest wait, and cost nobody else a turn', async () => {
    const { granted, ask, release, permits } = await given([LANE, { maxWaiting: 3, maxWaitMs: 5 }])
    ask(1, 'short')
    await expect.poll(() => granted).toEqual(['short refused'])
    ask(0, 'next')
    await release()
    expect(granted).toEqual(['short refused', 'next'])
    expect(permits.waiting(1)).toBe(0)
  })

  test('count once, however often one is given back', async () => {
    const permits = createPermits(1, [LANE])
    const release = await permits.take(0)
    release()
    release()
    await permits.take(0)
    let isTaken = false
    void permits.take(0).then(() => {
      isTaken = true
    })
    await turn()
    expect(isTaken).toBe(false)
  })
})
