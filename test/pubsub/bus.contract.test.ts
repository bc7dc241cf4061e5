import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { asTopic, type Topic } from '../../src/engine/kernel/topic.ts'
import { createMemoryBus } from '../../src/pubsub/bus.memory.ts'
import { createRedisBus } from '../../src/pubsub/bus.redis.ts'
import type { Bus } from '../../src/pubsub/bus.ts'
import { freshRedisPrefix, sharedRedisUrl } from '../support/redis-shared.ts'

type CreateBus = (onFault: (fault: unknown) => void) => Promise<Bus>

const implementations: readonly { readonly name: string; readonly createBus: CreateBus }[] = [
  { name: 'memory', createBus: async (onFault) => createMemoryBus({ onFault }) },
  {
    name: 'redis',
    createBus: (onFault) => createRedisBus({ url: sharedRedisUrl(), prefix: freshRedisPrefix(), onFault }),
  },
]

const topic = asTopic('auction:auc_1')
const otherTopic = asTopic('auction:auc_2')

describe.each(implementations)('a bus ($name)', ({ createBus }) => {
  const faults: unknown[] = []
  let bus: Bus

  beforeEach(async () => {
    faults.length = 0
    bus = await createBus((fault) => faults.push(fault))
  })

  afterEach(() => bus.close())

  /** Subscribes and returns the growing list of what is heard. */
  async function hear(on = topic): Promise<{ heard: string[]; stop: () => void }> {
    const heard: string[] = []
    const stop = await bus.subscribe(on, (message) => heard.push(message))
    return { heard, stop }
  }

  /** Resolves when all that this bus published before, on any topic, has been delivered to it. */
  async function settle(on: Topic): Promise<void> {
    const { heard, stop } = await hear(on)
    await bus.publish(on, 'settled')
    await vi.waitFor(() => expect(heard).toContain('settled'), { interval: 2 })
    stop()
  }

  describe('carrying messages', () => {
    test('gives a message to every listener of its topic and to no other', async () => {
      const first = await hear()
      const second = await hear()
      const other = await hear(otherTopic)
      await bus.publish(topic, 'a')
      await vi.waitFor(() => expect([first.heard, second.heard]).toEqual([['a'], ['a']]))
      await settle(otherTopic)
      expect(other.heard).toEqual(['settled'])
    })

    test('keeps the order of one publisher, without hole or repeat', async () => {
      const { heard } = await hear()
      const messages = Array.from({ length: 2_000 }, (_, index) => String(index))
      await Promise.all(messages.map((message) => bus.publish(topic, message)))
      await vi.waitFor(() => expect(heard).toHaveLength(messages.length))
      expect(heard).toEqual(messages)
    })

    test('passes any text on as it is', async () => {
      const { heard } = await hear()
      const texts = ['', '1', 'null', '"', '{"a":[1]}', ' é 漢 😀 \u0000 \r\n', 'x'.repeat(1_000_000)]
      for (const text of texts) await bus.publish(topic, text)
      await vi.waitFor(() => expect(heard).toHaveLength(texts.length))
      expect(heard).toEqual(texts)
    })

    test('takes a topic by its letters, whatever they would mean as a pattern', async () => {
      const pattern = await hear(asTopic('messages:*'))
      const spaced = await hear(asTopic('messages:a b [c]?'))
      await bus.publish(asTopic('messages:a'), 'not theirs')
      await bus.publish(asTopic('messages:a b [c]?'), 'b')
      await bus.publish(asTopic('messages:*'), 'a')
      await vi.waitFor(() => expect([pattern.heard, spaced.heard]).toEqual([['a'], ['b']]))
    })

    test('takes a message that nobody listens for', async () => {
      await expect(bus.publish(topic, 'unheard')).resolves.toBeUndefined()
    })

    test('does not call listeners from within the call that publishes', async () => {
      const { heard } = await hear()
      const published = bus.publish(topic, 'a')
      expect(heard).toEqual([])
      await published
      await vi.waitFor(() => expect(heard).toEqual(['a']))
    })

    test('lets a listener publish', async () => {
      const { heard } = await hear(otherTopic)
      await bus.subscribe(topic, (message) => void bus.publish(otherTopic, `re: ${message}`))
      await bus.publish(topic, 'a')
      await vi.waitFor(() => expect(heard).toEqual(['re: a']))
    })
  })

  describe('with a listener that throws', () => {
    test('still calls the others, continues, and reports the fault', async () => {
      const fault = new Error('listener')
      await bus.subscribe(topic, () => {
        throw fault
      })
      const { heard } = await hear()
      await bus.publish(topic, 'a')
      await bus.publish(topic, 'b')
      await vi.waitFor(() => expect(heard).toEqual(['a', 'b']))
      expect(faults).toEqual([fault, fault])
    })
  })

  describe('subscribing', () => {
    test('is live once it resolves, however many subscribe to a topic at once', async () => {
      const listeners = await Promise.all(Array.from({ length: 50 }, () => hear()))
      await bus.publish(topic, 'a')
      await vi.waitFor(() => {
        for (const { heard } of listeners) expect(heard).toEqual(['a'])
      })
    })

    test('calls a listener given twice twice, and ends one at a time', async () => {
      const heard: string[] = []
      const listener = (message: string) => void heard.push(message)
      const stopFirst = await bus.subscribe(topic, listener)
      await bus.subscribe(topic, listener)
      await bus.publish(topic, 'a')
      await vi.waitFor(() => expect(heard).toEqual(['a', 'a']))
      stopFirst()
      await bus.publish(topic, 'b')
      await settle(otherTopic)
      expect(heard).toEqual(['a', 'a', 'b'])
    })
  })

  describe('unsubscribing', () => {
    test('ends one listener at once and leaves the others', async () => {
      const leaving = await hear()
      const staying = await hear()
      await bus.publish(topic, 'on its way')
      await vi.waitFor(() => expect(leaving.heard).toEqual(['on its way']))
      const published = bus.publish(topic, 'a')
      leaving.stop()
      await published
      await vi.waitFor(() => expect(staying.heard).toEqual(['on its way', 'a']))
      expect(leaving.heard).toEqual(['on its way'])
    })

    test('does nothing the second time', async () => {
      const leaving = await hear()
      leaving.stop()
      const { heard } = await hear()
      leaving.stop()
      await bus.publish(topic, 'a')
      await vi.waitFor(() => expect(heard).toEqual(['a']))
    })

    test('leaves nothing behind that would disturb subscribing again', async () => {
      for (let round = 0; round < 50; round++) {
        const { heard, stop } = await hear()
        const joining = hear()
        stop()
        const joined = await joining
        await bus.publish(topic, String(round))
        await vi.waitFor(() => expect(joined.heard).toEqual([String(round)]), { interval: 1 })
        expect(heard).toEqual([])
        joined.stop()
      }
    })
  })

  describe('its status', () => {
    test('is up, proven a moment ago', () => {
      const before = Date.now()
      const status = bus.status()
      expect(status).toEqual({ kind: 'up', lastProbeAt: expect.any(Number) })
      if (status.kind === 'up') expect(Math.abs(status.lastProbeAt - before)).toBeLessThan(10_000)
    })

    test('tells of no recovery where nothing failed', async () => {
      const onRecovered = vi.fn()
      bus.onRecovered(onRecovered)()
      bus.onRecovered(onRecovered)
      await settle(topic)
      expect(onRecovered).not.toHaveBeenCalled()
    })
  })

  describe('once closed', () => {
    test('delivers nothing more, and refuses to publish and to subscribe', async () => {
      const { heard, stop } = await hear()
      const published = bus.publish(topic, 'too late').catch(() => {})
      await bus.close()
      await published
      expect(heard).toEqual([])
      await expect(bus.publish(topic, 'a')).rejects.toThrow('unavailable')
      await expect(bus.subscribe(topic, () => {})).rejects.toThrow('unavailable')
      expect(bus.status()).toMatchObject({ kind: 'down', message: 'closed' })
      stop()
    })

    test('closes a second time without complaint', async () => {
      await bus.close()
      await expect(bus.close()).resolves.toBeUndefined()
    })
  })
})
