import { once } from 'node:events'
import { createServer } from 'node:net'
import { Redis } from 'ioredis'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { asTopic, type Topic } from '../../src/engine/kernel/topic.ts'
import { createRedisBus, type RedisBusOptions } from '../../src/pubsub/bus.redis.ts'
import type { Bus, BusStatus } from '../../src/pubsub/bus.ts'
import { freePort, portOf } from '../support/free-port.ts'
import { startProxy } from '../support/proxy.ts'
import { startRedis } from '../support/redis.ts'
import { freshRedisPrefix, sharedRedisUrl } from '../support/redis-shared.ts'

const topic = asTopic('room:global')
const quick = { probeEveryMs: 200, probeTimeoutMs: 1_000, connectTimeoutMs: 1_000 }
const within5s = { timeout: 5_000, interval: 10 }

const open: AsyncDisposable[] = []

afterEach(async () => {
  for (const resource of open.splice(0).reverse()) await resource[Symbol.asyncDispose]()
})

function use<Resource extends AsyncDisposable>(resource: Resource): Resource {
  open.push(resource)
  return resource
}

async function startBus(options: RedisBusOptions): Promise<Bus> {
  const bus = await createRedisBus({ ...quick, ...options })
  use({ [Symbol.asyncDispose]: () => bus.close() })
  return bus
}

function connectAdmin(url: string): Redis {
  const admin = new Redis(url, { maxRetriesPerRequest: null, retryStrategy: () => 50 })
  admin.on('error', () => {})
  onTestFinished(() => admin.disconnect())
  return admin
}

async function hear(bus: Bus, on = topic): Promise<{ heard: string[]; stop: () => void }> {
  const heard: string[] = []
  const stop = await bus.subscribe(on, (message) => heard.push(message))
  return { heard, stop }
}

const isDown = (bus: Bus) => vi.waitFor(() => expect(bus.status().kind).toBe('down'), within5s)
const isUp = (bus: Bus) => vi.waitFor(() => expect(bus.status().kind).toBe('up'), within5s)

describe('two nodes on one Redis', () => {
  test('hear one another', async () => {
    const prefix = freshRedisPrefix()
    const one = await startBus({ url: sharedRedisUrl(), prefix })
    const two = await startBus({ url: sharedRedisUrl(), prefix })
    const { heard } = await hear(two)
    await one.publish(topic, 'a')
    await vi.waitFor(() => expect(heard).toEqual(['a']))
  })

  test('with other prefixes don’t', async () => {
    const one = await startBus({ url: sharedRedisUrl(), prefix: freshRedisPrefix() })
    const two = await startBus({ url: sharedRedisUrl(), prefix: freshRedisPrefix() })
    const { heard } = await hear(two)
    await one.publish(topic, 'not theirs')
    await two.publish(topic, 'theirs')
    await vi.waitFor(() => expect(heard).toEqual(['theirs']))
  })
})

describe('subscriptions in Redis', () => {
  test('are one per topic, named rostrum: and the topic, and none once a thousand topics were left', async () => {
    const redis = use(await startRedis())
    const admin = connectAdmin(redis.url)
    const bus = await startBus({ url: redis.url })
    const topics = Array.from({ length: 1_000 }, (_, index) => asTopic(`auction:auc_${index}`))
    const twice = [...topics, ...topics]
    const listeners = await Promise.all(twice.map((each) => hear(bus, each)))
    const channels = () => admin.pubsub('CHANNELS', 'rostrum:auction:*')
    expect(await channels()).toHaveLength(1_000)
    expect(await admin.pubsub('NUMSUB', 'rostrum:auction:auc_0')).toEqual(['rostrum:auction:auc_0', 1])
    for (const { stop } of listeners) stop()
    await vi.waitFor(async () => expect(await channels()).toEqual([]))
    expect(await admin.pubsub('CHANNELS')).toEqual([expect.stringMatching(/^rostrum:probe:/)])
    await bus.close()
    await vi.waitFor(async () => expect(await admin.pubsub('CHANNELS')).toEqual([]))
    const clients = String(await admin.client('LIST'))
    expect(clients.match(/name=rostrum/g)).toBeNull()
  })
})

describe('when Redis is killed and comes back empty', () => {
  test('publishing rejects meanwhile, recovery is reported once, and messages flow again, each once', async () => {
    const redis = use(await startRedis())
    const changes: BusStatus['kind'][] = []
    const bus = await startBus({ url: redis.url, onChange: ({ kind }) => changes.push(kind) })
    const onRecovered = vi.fn()
    bus.onRecovered(onRecovered)
    const kept = await hear(bus)
    const left = await hear(bus, asTopic('room:left'))

    await redis.kill()
    await isDown(bus)
    const started = performance.now()
    await expect(bus.publish(topic, 'lost')).rejects.toThrow('The bus is unavailable')
    expect(performance.now() - started).toBeLessThan(100)
    left.stop()
    expect(onRecovered).not.toHaveBeenCalled()

    await redis.restart()
    await vi.waitFor(() => expect(onRecovered).toHaveBeenCalledOnce(), within5s)
    await bus.publish(asTopic('room:left'), 'unheard')
    await bus.publish(topic, 'after')
    await vi.waitFor(() => expect(kept.heard).toEqual(['after']))
    expect(left.heard).toEqual([])
    expect(changes).toEqual(['up', 'down', 'up'])
    expect(onRecovered).toHaveBeenCalledOnce()
  })

  test('all subscriptions are live when recovery is reported', async () => {
    const redis = use(await startRedis())
    const bus = await startBus({ url: redis.url })
    const topics = Array.from({ length: 200 }, (_, index) => asTopic(`room:room_${index}`))
    const heard = new Set<Topic>()
    for (const each of topics) await bus.subscribe(each, () => heard.add(each))
    bus.onRecovered(() => {
      for (const each of topics) bus.publish(each, 'a').catch(() => {})
    })
    await redis.restart()
    await vi.waitFor(() => expect(heard.size).toBe(topics.length), within5s)
  })

  test('subscribing rejects meanwhile, and works after', async () => {
    const redis = use(await startRedis())
    const bus = await startBus({ url: redis.url })
    await redis.kill()
    await isDown(bus)
    await expect(bus.subscribe(topic, () => {})).rejects.toThrow('The bus is unavailable')
    await redis.restart()
    await isUp(bus)
    const { heard } = await hear(bus)
    await bus.publish(topic, 'a')
    await vi.waitFor(() => expect(heard).toEqual(['a']))
  })

  test('its status says since when, however many attempts fail', async () => {
    const redis = use(await startRedis())
    const bus = await startBus({ url: redis.url })
    const before = Date.now()
    await redis.kill()
    await isDown(bus)
    const first = bus.status()
    expect(first).toMatchObject({ since: expect.toSatisfy((since: number) => since >= before) })
    await vi.waitFor(() => expect(bus.status()).toMatchObject({ message: /ECONNREFUSED/ }), within5s)
    expect(bus.status()).toMatchObject({ since: first.kind === 'down' && first.since })
  })
})

describe('when nothing passes although connections stay open', () => {
  test('the silence is found, publishing stops hanging, and all recovers when it passes', async () => {
    const redis = use(await startRedis())
    const proxy = use(await startProxy(redis.port))
    const bus = await startBus({ url: `redis://127.0.0.1:${proxy.port}` })
    const onRecovered = vi.fn()
    bus.onRecovered(onRecovered)
    const { heard } = await hear(bus)

    proxy.swallow()
    const underWay = bus.publish(topic, 'swallowed').then(
      () => 'taken',
      () => 'rejected',
    )
    const joining = bus
      .subscribe(asTopic('room:late'), () => {})
      .then(
        () => 'live',
        () => 'rejected',
      )
    await isDown(bus)
    expect(bus.status()).toMatchObject({ message: expect.stringContaining('probe did not come back') })
    expect(await underWay).toBe('rejected')
    expect(await joining).toBe('rejected')
    await expect(bus.publish(topic, 'refused')).rejects.toThrow('The bus is unavailable')

    // Attempts to connect fall silent too, and none of them may count as a way back.
    await vi.waitFor(() => expect(bus.status()).toMatchObject({ message: /no connection within/ }), within5s)
    expect(onRecovered).not.toHaveBeenCalled()

    proxy.heal()
    await vi.waitFor(() => expect(onRecovered).toHaveBeenCalledOnce(), within5s)
    await bus.publish(topic, 'after')
    await vi.waitFor(() => expect(heard).toEqual(['after']))
  })

  test('it is found within 5 s as configured by default', async () => {
    const redis = use(await startRedis())
    const proxy = use(await startProxy(redis.port))
    const bus = await createRedisBus({ url: `redis://127.0.0.1:${proxy.port}` })
    use({ [Symbol.asyncDispose]: () => bus.close() })
    proxy.swallow()
    await isDown(bus)
  })

  test('closing does not wait for it', async () => {
    const redis = use(await startRedis())
    const proxy = use(await startProxy(redis.port))
    const bus = await startBus({ url: `redis://127.0.0.1:${proxy.port}` })
    proxy.swallow()
    const started = performance.now()
    await bus.close()
    expect(performance.now() - started).toBeLessThan(1_000)
  })
})

describe('when connections break again and again while topics come and go', () => {
  test('what is left is exactly what is still wanted', async () => {
    const redis = use(await startRedis())
    const admin = connectAdmin(redis.url)
    const bus = await startBus({ url: redis.url })
    const stops = new Map<Topic, () => void>()
    for (let round = 0; round < 15; round++) {
      await isUp(bus)
      const coming = Array.from({ length: 20 }, async (_, index) => {
        const each = asTopic(`room:${round}-${index}`)
        const stop = await bus.subscribe(each, () => {}).catch(() => undefined)
        if (stop !== undefined) stops.set(each, stop)
      })
      const killing = admin.client('KILL', 'TYPE', round % 2 === 0 ? 'pubsub' : 'normal')
      for (const [each, stop] of [...stops].slice(0, 10)) {
        stop()
        stops.delete(each)
      }
      await Promise.all([...coming, killing])
    }
    await isUp(bus)
    const wanted = [...stops.keys()].map((each) => `rostrum:${each}`).sort()
    await vi.waitFor(async () => {
      const channels = await admin.pubsub('CHANNELS', 'rostrum:room:*')
      expect(channels.map(String).sort()).toEqual(wanted)
    }, within5s)
  })
})

describe('a node that starts before Redis', () => {
  test('starts without the bus, and has it once Redis is there', async () => {
    const port = await freePort()
    const proxied = use(await startRedis())
    const bus = await startBus({ url: `redis://127.0.0.1:${port}` })
    expect(bus.status()).toMatchObject({ kind: 'down', message: /ECONNREFUSED/ })
    await expect(bus.subscribe(topic, () => {})).rejects.toThrow('The bus is unavailable')
    const onRecovered = vi.fn()
    bus.onRecovered(onRecovered)
    use(await startProxy(proxied.port, port))
    await vi.waitFor(() => expect(onRecovered).toHaveBeenCalledOnce(), within5s)
    await hear(bus)
  })
})

describe('the password of Redis', () => {
  test('opens the connection, escaped in the address as addresses want it', async () => {
    const redis = use(await startRedis())
    await connectAdmin(redis.url).config('SET', 'requirepass', 'p@ss/word')
    const bus = await startBus({ url: `redis://:p%40ss%2Fword@127.0.0.1:${redis.port}` })
    expect(bus.status().kind).toBe('up')
  })

  test('is in no message when the server refuses it', async () => {
    const redis = use(await startRedis())
    await connectAdmin(redis.url).config('SET', 'requirepass', 'right')
    const bus = await startBus({ url: `redis://default:wr%40ng-secret@127.0.0.1:${redis.port}` })
    expect(bus.status()).toMatchObject({ kind: 'down', message: /WRONGPASS/ })
    const refusal = await bus.publish(topic, 'a').catch((error: Error) => error)
    expect(JSON.stringify([bus.status(), refusal, String(refusal)])).not.toMatch(/secret/)
  })

  test('is in no message when the server quotes it', async () => {
    const quoting = createServer((socket) => {
      socket.on('error', () => {})
      socket.on('data', () =>
        socket.write("-ERR unknown command 'AUTH', with args beginning with: 'wr@ng-secret'\r\n"),
      )
    }).listen(0, '127.0.0.1')
    onTestFinished(() => void quoting.close())
    await once(quoting, 'listening')
    const bus = await startBus({ url: `redis://:wr%40ng-secret@127.0.0.1:${portOf(quoting)}` })
    const refusal = await bus.publish(topic, 'a').catch((error: Error) => error)
    expect(bus.status()).toMatchObject({ kind: 'down', message: /unknown command 'AUTH'.*…/ })
    expect(JSON.stringify([bus.status(), refusal, String(refusal)])).not.toMatch(/secret/)
  })

  test('is not in the complaint about an address that is none', async () => {
    for (const url of ['redis://:secret@[::1', 'http://:secret@localhost', 'secret']) {
      const refusal = await createRedisBus({ url }).catch((error: Error) => error)
      expect(refusal).toBeInstanceOf(Error)
      expect(String(refusal)).not.toContain('secret')
    }
  })
})
