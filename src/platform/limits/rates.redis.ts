import type { UserId } from '../../engine/kernel/id.ts'
import { type Call, createStore, scriptOf } from '../redis/store.redis.ts'
import { createMemoryRates } from './rates.memory.ts'
import { cellsOf, type Rate, type Rates } from './rates.ts'

export interface RedisRatesOptions extends Rate {
  /** `redis://` or `rediss://`, with credentials if needed. Never logged. */
  readonly url: string
  /** Prefix of every key. */
  readonly prefix: string
  /** Called with the reason when Redis is unavailable, and with null once it counts again. Repeated at each attempt. */
  readonly onChange?: (problem: string | null) => void
}

/**
 * Takes a token by Redis' own clock. Returns 0, or the ms to wait.
 *
 * KEYS: when the user's bucket is full again. ARGV: ms for the tokens, ms for a whole bucket.
 */
const TAKE = scriptOf(`
  local time = redis.call('TIME')
  local now = time[1] * 1000 + time[2] / 1000
  local next = math.max(now, tonumber(redis.call('GET', KEYS[1]) or 0)) + ARGV[1]
  local wait = next - ARGV[2] - now
  if wait > 0 then return string.format('%.3f', wait) end
  redis.call('SET', KEYS[1], string.format('%.3f', next), 'PX', math.ceil(next - now))
  return '0'
`)
/** A mutation waits for the reply; after this the local buckets decide. */
const ANSWER_TIMEOUT_MS = 500
/** How long Redis must work without another failure to count as recovered. */
const STEADY_MS = 5_000

interface Asked {
  readonly call: Call
  readonly answered: PromiseWithResolvers<string>
}

/**
 * Shared by all nodes; local to each while Redis is unavailable. Requests within one tick of the event loop share a
 * round trip. Resolves when the first connection attempt has succeeded or failed.
 */
export async function createRedisRates(options: RedisRatesOptions): Promise<Rates> {
  const { url, prefix, onChange = () => {} } = options
  const { intervalMs, fullMs } = cellsOf(options)
  const own = createMemoryRates(options)
  let steady: NodeJS.Timeout | undefined
  let wasDown = false

  /**
   * A connection proves nothing: Redis may be full, read-only, or serve other keys. It counts as recovered only after
   * it has kept counting.
   */
  async function comeBack(): Promise<void> {
    const call = { script: TAKE, keys: [`${prefix}rate-probe`], args: [1, 1_000] }
    const hasCounted = await store.run([call]).then(
      () => true,
      () => false,
    )
    if (!hasCounted) return
    if (!wasDown) onChange(null)
    else steady = setTimeout(() => onChange(null), STEADY_MS).unref()
  }

  const store = await createStore({
    ...{ url, scripts: [TAKE], answerTimeoutMs: ANSWER_TIMEOUT_MS },
    // From the next tick, when `store` is assigned.
    onUp: () => void setImmediate(() => void comeBack()),
    onDown(problem) {
      clearTimeout(steady)
      wasDown = true
      onChange(problem)
    },
  })
  let asked: Asked[] = []

  function ask(user: UserId, count: number): Promise<string> {
    const keys = [`${prefix}rate:{${user}}`]
    const answered = Promise.withResolvers<string>()
    if (asked.length === 0) setImmediate(flush)
    asked.push({ call: { script: TAKE, keys, args: [intervalMs * count, fullMs] }, answered })
    return answered.promise
  }

  function flush(): void {
    const batch = asked
    asked = []
    store.run(batch.map(({ call }) => call)).then(
      (answers) => {
        for (const [index, { answered }] of batch.entries()) answered.resolve(answers[index]?.[0] ?? '0')
      },
      (fault: unknown) => {
        for (const { answered } of batch) answered.reject(fault)
      },
    )
  }

  return {
    async take(user, count = 1) {
      return ask(user, count).then(Number, () => own.take(user, count))
    },
    async close() {
      clearTimeout(steady)
      await store.close()
    },
  }
}
