import { createHash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { endOf, openConnection } from './connection.redis.ts'
import { createRedaction, messageOf } from './redaction.ts'
import { retryDelayMs } from './retry-delay.ts'

/** A program in Lua that Redis runs as one step. Answers with a list of texts and numbers, not nested. */
export interface Script {
  readonly source: string
  /** Its name in Redis. */
  readonly sha: string
}

export function scriptOf(source: string): Script {
  return { source, sha: createHash('sha1').update(source).digest('hex') }
}

/** One run of a script. All its keys lie in one slot of a cluster. */
export interface Call {
  readonly script: Script
  readonly keys: readonly string[]
  readonly args: readonly (string | number)[]
}

export interface StoreOptions {
  /** `redis://` or `rediss://`, with credentials where needed. Never shown. */
  readonly url: string
  /** All that will be run. */
  readonly scripts: readonly Script[]
  /** There is a new connection: Redis may have lost everything, or nothing. */
  readonly onUp: () => void
  /** The connection is gone, and everything under way was rejected; or the first attempt failed. Holds no secret. */
  readonly onDown: (problem: string) => void
  readonly connectTimeoutMs?: number
  /** Who does not answer within this is taken for gone. */
  readonly answerTimeoutMs?: number
}

/** Redis can't be had, or failed meanwhile. Its message holds no secret. */
export class RedisAway extends Error {}

/**
 * What nodes keep together in Redis, over one connection that is thrown away at the first failure: a new one starts
 * from nothing, after a pause that grows and varies.
 */
export interface Store {
  /**
   * Runs all in order, in one round trip; the answers come in the same order. Rejects with RedisAway: at once while
   * away, and as soon as the connection fails. Then nobody knows which were run.
   */
  run(calls: readonly Call[]): Promise<readonly (readonly string[])[]>
  /** Resolves when no connection and no timer is left; `onDown` is not called for it. */
  close(): Promise<void>
}

/** After so long a connection has worked. */
const STEADY_MS = 5_000

/** Resolves when the first attempt to connect is over, whichever way it went. */
export async function createStore(options: StoreOptions): Promise<Store> {
  const { url, scripts, connectTimeoutMs = 3_000, answerTimeoutMs = 2_000 } = options
  const redact = createRedaction(url)
  const closing = new AbortController()
  const firstAttempt = Promise.withResolvers<void>()
  let current: Redis | undefined
  let isFirst = true
  let failures = 0
  let lastError = 'not connected yet'

  /** From opening a connection to its end. Those that fail soon count as failures, however far they came. */
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
      // After a long stall of this process timers fire before sockets are read: let the answer in first.
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
        // Also where Redis answered: after an error nobody can say what it still has.
        lastError = messageOf(fault)
        connection.disconnect()
        // Not the fault itself: ioredis puts the command and its arguments on it.
        throw new RedisAway(redact(lastError))
      }
    },
    async close() {
      closing.abort()
      await lived
    },
  }
}
