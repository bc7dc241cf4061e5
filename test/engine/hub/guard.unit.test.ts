import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { Sink } from '../../../src/engine/hub/delivery.ts'
import type { Guard } from '../../../src/engine/hub/source.ts'
import { createFakeBus } from './fake-bus.ts'
import { createFakeHistory, TOPIC } from './fake-history.ts'
import { settled } from './flushed.ts'
import { createTestHub, openReader, sourceOf } from './reader.ts'

/** A topic that is read by somebody, and others who come with a permission that they were given at some moment. */
async function given() {
  const history = createFakeHistory()
  const bus = createFakeBus()
  const hub = createTestHub(history, bus)
  onTestFinished(() => hub.close())
  const source = sourceOf(history)
  openReader(hub, source)
  await settled()
  let isAllowed = true
  return {
    bus,
    history,
    forbid() {
      isAllowed = false
    },
    async open(
      askedAt: number,
      concerns: Guard['concerns'] = () => true,
      isHeld = false,
      beforeStart: (rightsChanged: () => void) => void = () => {},
    ) {
      let asked = 0
      let askAgain: (() => void) | undefined
      const questions: PromiseWithResolvers<boolean>[] = []
      const guard: Guard = {
        ...{ topic: TOPIC, askedAt, concerns },
        watchRights(ask) {
          askAgain = ask
          return () => {
            askAgain = undefined
          }
        },
        async isAllowed() {
          asked += 1
          if (!isHeld) return isAllowed
          const question = Promise.withResolvers<boolean>()
          questions.push(question)
          return question.promise
        },
      }
      const got: unknown[] = []
      const sink: Sink = {
        send: ({ results }) =>
          void got.push(...results.map(({ json }) => JSON.parse(String(json)).data.offset)),
        isCongested: () => false,
        drained: async () => {},
        end: (error) => void got.push(error?.extensions['code']),
      }
      const execute = (value: unknown) => ({
        data: { offset: (value as { position: { offset: number } }).position.offset },
      })
      const selection = { key: 'guarded', execute }
      const plan = { kind: 'history' as const, topic: TOPIC, source, guard, after: null }
      const close = hub.open(plan, { selection, viewer: null, sink }, { enter: () => () => {} })
      // Before the feed has been heard of.
      beforeStart(() => askAgain?.())
      await settled()
      return {
        ...{ got, questions, close },
        asked: () => asked,
        rightsChanged: () => askAgain?.(),
        isWatched: () => !!askAgain,
      }
    },
  }
}

async function now(): Promise<number> {
  await pause(2)
  return performance.now()
}

describe('What guards a reader', () => {
  test('is not asked again where nothing was written since the reader was let in', async () => {
    const { open } = await given()
    const { got, asked } = await open(await now())
    expect(asked()).toBe(0)
    expect(got).toEqual([0])
  })

  test('is asked where something was written meanwhile, and before anything is shown', async () => {
    const { bus, history, open, forbid } = await given()
    const letIn = await now()
    bus.deliver(history.append(1))
    await settled()
    forbid()
    const { got, asked } = await open(letIn)
    expect(asked()).toBe(1)
    expect(got).toEqual(['FORBIDDEN'])
  })

  test('is asked at what comes later', async () => {
    const { bus, history, open, forbid } = await given()
    const { got, asked } = await open(await now())
    bus.deliver(history.append(1))
    await settled()
    expect(asked()).toBe(1)
    expect(got).toEqual([0, 1])
    forbid()
    bus.deliver(history.append(1))
    await settled()
    expect(got).toEqual([0, 1, 'FORBIDDEN'])
  })

  test('is asked when the reader’s own rights change, with nothing shown before the answer', async () => {
    const { bus, history, open, forbid } = await given()
    const { got, asked, rightsChanged, isWatched } = await open(await now())
    expect(got).toEqual([0])
    forbid()
    rightsChanged()
    bus.deliver(history.append(1))
    await settled()
    expect(asked()).toBeGreaterThanOrEqual(1)
    expect(got).toEqual([0, 'FORBIDDEN'])
    expect(isWatched()).toBe(false)
  })

  test('is asked also where these change before anything was shown', async () => {
    const { open, forbid } = await given()
    const letIn = await now()
    const { got } = await open(
      letIn,
      () => true,
      false,
      (rightsChanged) => {
        forbid()
        rightsChanged()
      },
    )
    expect(got).toEqual(['FORBIDDEN'])
  })

  test('watches the rights of no reader who has left', async () => {
    const { open } = await given()
    const { close, isWatched } = await open(await now())
    expect(isWatched()).toBe(true)
    close()
    expect(isWatched()).toBe(false)
  })

  test('is asked at an entry that it cannot read, and nothing passes before the answer', async () => {
    const { bus, history, open, forbid } = await given()
    const { got, asked } = await open(await now(), () => {
      throw new Error('of another version')
    })
    forbid()
    bus.deliver(history.append(1))
    await settled()
    expect(asked()).toBe(1)
    expect(got).toEqual([0, 'FORBIDDEN'])
  })
})

/** Later than anything that was written when the reader was let in. */
const ALWAYS = Number.MAX_SAFE_INTEGER

describe('A question of a guard', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
  afterEach(() => void vi.useRealTimers())

  test('that an older answer allows lets nothing through while a newer one is open', async () => {
    const { bus, history, open } = await given()
    const { got, questions } = await open(ALWAYS, () => true, true)
    bus.deliver(history.append(1))
    await settled()
    bus.deliver(history.append(1))
    await settled()
    expect(questions).toHaveLength(2)
    questions[0]?.resolve(true)
    await settled()
    expect(got).toEqual([0])
    questions[1]?.resolve(false)
    await settled()
    expect(got).toEqual([0, 'FORBIDDEN'])
  })

  test('that fails is asked again after a second, and what waits passes then', async () => {
    const { bus, history, open } = await given()
    const { got, questions } = await open(ALWAYS, () => true, true)
    bus.deliver(history.append(1))
    await settled()
    questions[0]?.reject(new Error('the database is unreachable'))
    await settled()
    vi.advanceTimersByTime(999)
    expect(questions).toHaveLength(1)
    vi.advanceTimersByTime(1)
    expect(questions).toHaveLength(2)
    expect(got).toEqual([0])
    questions[1]?.resolve(true)
    await settled()
    expect(got).toEqual([0, 1])
  })

  test('that fails while a newer one is open is not asked again', async () => {
    const { bus, history, open } = await given()
    const { questions } = await open(ALWAYS, () => true, true)
    for (let count = 0; count < 2; count += 1) {
      bus.deliver(history.append(1))
      await settled()
    }
    questions[0]?.reject(new Error('the database is unreachable'))
    await settled()
    vi.advanceTimersByTime(5_000)
    expect(questions).toHaveLength(2)
  })
})
