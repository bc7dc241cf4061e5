import { createHash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { endOf, openConnection } from './connection.redis.ts'
import { createRedaction, messageOf } from './redaction.ts'
import { retryDelayMs } from './retry-delay.ts'

/** A Lua script that Redis runs atomically. Returns a flat list of strings and numbers. */
export interface Script {
  readonly source: string
  /** Its name in Redis. */
  readonly sha: string
}

export function scriptOf(source: string): Script {
  return { source, sha: createHash('sha1').update(source).digest('hex') }
}

/** One invocation of a script. All its keys are in one cluster slot. */
export interface Call {
  readonly script: Script
  readonly keys: readonly string[]
  readonly args: readonly (string | number)[]
}

export interface StoreOptions {
  /** `redis://` or `rediss://`, with credentials if needed. Never logged. */
  readonly url: string
  /** All scripts that will be run. */
  readonly scripts: readonly Script[]
  /** Called on a new connection: Redis may have lost everything, or nothing. */
  readonly onUp: () => void
  /**
   * Called when the connection failed and everything in flight was rejected, or the first attempt failed. Contains no
   * secret.
   */
  readonly onDown: (problem: string) => void
  readonly connectTimeoutMs?: number
  /** A server that does not reply within this time is considered down. */
  readonly answerTimeoutMs?: number
}

/** Redis is unavailable, or failed meanwhile. The message contains no secret. */
export class RedisAway extends Error {}

/**
 * State shared by nodes in Redis, over one connection that is discarded at the first failure. A new one starts from
 * scratch, after exponential backoff with jitter.
 */
export interface Store {
  /**
   * Runs all in order, in one round trip; replies come in the same order. Rejects with RedisAway: immediately while
   * disconnected, and as soon as the connection fails; then it is unknown which were run.
   */
  run(calls: readonly Call[]): Promise<readonly (readonly string[])[]>
  /** Resolves when no connection and no timer is left, without calling `onDown`. */
  close(): Promise<void>
}

/** A connection that lasts this long counts as working. */
const STEADY_MS = 5_000

/** Resolves when the first connection attempt has succeeded or failed. */
export async function createStore(options: StoreOptions): Promise<Store> {
  const { url, scripts, connectTimeoutMs = 3_000, answerTimeoutMs = 2_000 } = options
  const redact = createRedaction(url)
  const closing = new AbortController()
  const firstAttempt = Promise.withResolvers<void>()
  let current: Redis | undefined
  let isFirst = true
  let failures = 0
  let lastError = 'not connected yet'

  /** Runs one connection from opening to its end. One that fails early counts as a failure, however far it came. */
  async function useOne(): Promise<void> {
    const connection = openConnection(url, 'rostrum-store', connectTimeoutMs)
    const ended = endOf(connection)
    const end = (): void => connection.disconnect()
    connection.on('error', (error) => {
      lastError = messageOf(error)
    })
    closing.signal.addEventListener('abort', end)
    const deadline = setTimeout(end, connectTimeoutMs)
    try {
      await connection.connect()
      await Promise.all(scripts.map(({ source }) => connection.script('LOAD', source)))
      clearTimeout(deadline)
      if (!closing.signal.aborted) {
        current = connection
        options.onUp()
      }
    } catch (fault) {
      lastError = messageOf(fault)
      end()
    }
    firstAttempt.resolve()
    const openedAt = performance.now()
    await ended
    if (performance.now() - openedAt > STEADY_MS) failures = 0
    clearTimeout(deadline)
    closing.signal.removeEventListener('abort', end)
    if (current === connection || isFirst) goDown()
    isFirst = false
  }

  function goDown(): void {
    current = undefined
    if (!closing.signal.aborted) options.onDown(redact(lastError))
  }

  async function live(): Promise<void> {
    while (!closing.signal.aborted) {
      await useOne()
      const delayMs = retryDelayMs(failures)
      failures += 1
      await pause(delayMs, undefined, { ref: false, signal: closing.signal }).catch(() => {})
    }
  }

  async function runOn(connection: Redis, calls: readonly Call[]): Promise<readonly (readonly string[])[]> {
    const pipeline = connection.pipeline()
    for (const { script, keys, args } of calls) {
      pipeline.evalsha(script.sha, keys.length, ...keys, ...args)
    }
    let isAnswered = false
    const timer = setTimeout(() => {
      // After a long stall of this process, timers fire before sockets are read: let the reply in first.
      setImmediate(() => isAnswered || connection.disconnect())
    }, answerTimeoutMs).unref()
    try {
      const results = (await pipeline.exec()) ?? []
      return results.map(([fault, answer]) => {
        if (fault !== null) throw fault
        return Array.isArray(answer) ? answer.map(String) : [String(answer)]
      })
    } finally {
      isAnswered = true
      clearTimeout(timer)
    }
  }

  const lived = live()
  await firstAttempt.promise
  return {
    async run(calls) {
      const connection = current
      if (connection === undefined) throw new RedisAway(`Redis is away: ${redact(lastError)}`)
      try {
        return await runOn(connection, calls)
      } catch (fault) {
        // Even if Redis answered: after an error the state of Redis is unknown.
        lastError = messageOf(fault)
        connection.disconnect()
        // Not the original error: ioredis attaches the command and its arguments.
        throw new RedisAway(redact(lastError))
      }
    },
    async close() {
      closing.abort()
      await lived
    },
  }
}
