import { randomUUID } from 'node:crypto'
import { RedisPubSub } from 'graphql-redis-subscriptions'
import type { Redis } from 'ioredis'
import { endOf, openConnection } from '../platform/redis/connection.redis.ts'
import { createRedaction, messageOf } from '../platform/redis/redaction.ts'
import type { Unsubscribe } from './bus.ts'

export interface LinkOptions {
  readonly url: string
  readonly prefix: string
  readonly connectTimeoutMs: number
  readonly probeTimeoutMs: number
  /** Aborting it ends the link, even while it opens. */
  readonly signal: AbortSignal
}

/**
 * Two connections to Redis, one to publish and one to subscribe, used once: they never reconnect, and end
 * together on the first sign of failure. A new link starts from nothing. So neither the queues that ioredis
 * keeps for a reconnect nor what RedisPubSub still believes after a failed subscribe can outlive a failure.
 */
export interface Link {
  /** Aborted when the link ends. The reason is an Error whose message holds no secret. */
  readonly signal: AbortSignal
  /** Resolves when both connections are closed and all pending calls have been rejected. */
  readonly closed: Promise<void>
  publish(channel: string, message: string): Promise<void>
  /** Resolves when live. Call it once at a time per channel. A refusal by Redis ends the link. */
  subscribe(channel: string, listener: (message: string) => void): Promise<Unsubscribe>
  /** Resolves when a message has returned through both connections. If it does not in time, the link ends. */
  probe(): Promise<void>
  end(reason: string): void
}

/** `onRefused` is called for each failed subscribe, whose promise never settles. */
function createPubSub(publisher: Redis, subscriber: Redis, onRefused: (fault: unknown) => void): RedisPubSub {
  const subscribe = subscriber.subscribe.bind(subscriber)
  const unsubscribe = subscriber.unsubscribe.bind(subscriber)
  // RedisPubSub drops promises: of each unsubscribe, and of the second waiter that it keeps for each
  // subscribe. With a connection lost at that moment they would end the process as unhandled rejections.
  // And its second command on leaving, for patterns, has nothing to end here.
  Object.assign(subscriber, {
    subscribe(channel: string, onDone: (fault: null, count: unknown) => void): void {
      subscribe(channel).then((count) => onDone(null, count), onRefused)
    },
    unsubscribe: (channel: string) => unsubscribe(channel).catch(() => {}),
    punsubscribe: () => Promise.resolve(),
  })
  // Its default is JSON both ways. It passes buffers on unchanged, so each message is decoded once, here.
  return new RedisPubSub({
    publisher,
    subscriber,
    serializer: (message: string) => message,
    messageEventName: 'messageBuffer',
    pmessageEventName: 'pmessageBuffer',
  })
}

/** Rejects, with everything cleaned up, if no connection works within `connectTimeoutMs`. */
export async function openLink(options: LinkOptions): Promise<Link> {
  const { url, connectTimeoutMs, probeTimeoutMs } = options
  const redact = createRedaction(url)
  const publisher = openConnection(url, 'rostrum-publisher', connectTimeoutMs)
  const subscriber = openConnection(url, 'rostrum-subscriber', connectTimeoutMs)
  const connections = [publisher, subscriber]
  const pubsub = createPubSub(publisher, subscriber, (fault) => end(messageOf(fault)))
  const closed = Promise.all(connections.map(endOf)).then(() => {})
  const ended = new AbortController()
  const { signal } = ended
  const waiting = new Set<(reason: unknown) => void>()

  function end(reason: string): void {
    if (signal.aborted) return
    ended.abort(new Error(redact(reason)))
    for (const connection of connections) connection.disconnect()
    for (const reject of waiting) reject(signal.reason)
  }

  /** Resolves like `work`, unless the link ends first. */
  function untilEnd<Value>(work: Promise<Value>): Promise<Value> {
    return new Promise((resolve, reject) => {
      waiting.add(reject)
      void work.then(resolve, reject).finally(() => waiting.delete(reject))
    })
  }

  for (const connection of connections) {
    let lastError = 'the connection was closed'
    connection.on('error', (error) => {
      lastError = messageOf(error)
    })
    connection.on('close', () => end(lastError))
  }
  options.signal.addEventListener('abort', () => end('closed'), { signal })

  async function publish(channel: string, message: string): Promise<void> {
    signal.throwIfAborted()
    try {
      await pubsub.publish(channel, message)
    } catch (fault) {
      // Not the original error: ioredis attaches the command and its arguments to it.
      throw new Error(redact(messageOf(fault)))
    }
  }

  async function subscribe(channel: string, listener: (message: string) => void): Promise<Unsubscribe> {
    signal.throwIfAborted()
    const id = await untilEnd(
      pubsub.subscribe(channel, (message: Buffer) => {
        if (!signal.aborted) listener(message.toString())
      }),
    )
    return () => {
      if (!signal.aborted) pubsub.unsubscribe(id)
    }
  }

  // Under the same prefix as the topics, because a Redis ACL may be limited to it.
  const probeChannel = `${options.prefix}probe:${randomUUID()}`
  const awaited = new Map<string, () => void>()
  let probes = 0

  async function probe(): Promise<void> {
    signal.throwIfAborted()
    probes += 1
    const token = String(probes)
    const back = Promise.withResolvers<void>()
    const timer = setTimeout(() => {
      // After a long stall of this process, timers fire before sockets are read: read the answer first.
      setImmediate(() => {
        if (awaited.has(token)) end(`a probe did not come back within ${probeTimeoutMs} ms`)
      })
    }, probeTimeoutMs).unref()
    awaited.set(token, back.resolve)
    publish(probeChannel, token).catch((fault) => end(messageOf(fault)))
    try {
      await untilEnd(back.promise)
    } finally {
      awaited.delete(token)
      clearTimeout(timer)
    }
  }

  const deadline = setTimeout(() => end(`no connection within ${connectTimeoutMs} ms`), connectTimeoutMs)
  try {
    await Promise.all(connections.map((connection) => connection.connect()))
    await subscribe(probeChannel, (token) => awaited.get(token)?.())
  } catch (fault) {
    end(messageOf(fault))
    await closed
    throw signal.reason
  } finally {
    clearTimeout(deadline)
  }
  return { signal, closed, publish, subscribe, probe, end }
}
