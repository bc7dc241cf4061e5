import type { UserId } from '../../engine/kernel/id.ts'
import { type Call, createStore, scriptOf } from '../redis/store.redis.ts'
import { createMemoryRates } from './rates.memory.ts'
import { cellsOf, type Rate, type Rates } from './rates.ts'

export interface RedisRatesOptions extends Rate {
  /** `redis://` or `rediss://`, with credentials where needed. Never shown. */
  readonly url: string
  /** Stands before every key. */
  readonly prefix: string
  /** Redis went away, with why, or is back and has counted: null. Said again at each attempt. */
  readonly onChange?: (problem: string | null) => void
}

/**
 * Takes a token by Redis' own clock. Answers with 0, or with the ms to wait.
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
/** A mutation waits for it: after so long the node's own buckets must do. */
const ANSWER_TIMEOUT_MS = 500
/** After a failure: for so long there must be no other. */
const STEADY_MS = 5_000

interface Asked {
  readonly call: Call
  readonly answered: PromiseWithResolvers<string>
}

/**
 * On all nodes together; on each alone while Redis is away. Those who ask within a turn of the event loop are asked for
 * in one round trip. Resolves when the first attempt to connect is over, whichever way it went.
 */
export async function createRedisRates(options: RedisRatesOptions): Promise<Rates> {
  const { url, prefix, onChange = () => {} } = options
  const { intervalMs, fullMs } = cellsOf(options)
  const own = createMemoryRates(options)
  let steady: NodeJS.Timeout | undefined
  let wasDown = false

  /** A connection proves nothing: Redis may be full, read-only, or serve other keys. It must count, and go on doing so. */
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
    // From the next turn: the store is there then.
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
