import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Aggregate,
  asBatchAggregate,
  type BatchAggregate,
  SAVED,
} from '../../../src/engine/commands/aggregate.ts'
import type { Command } from '../../../src/engine/commands/command.ts'
import { createCommandQueue } from '../../../src/engine/commands/queue.ts'
import { createSemaphore } from '../../../src/engine/commands/semaphore.ts'
import { beginTopics } from '../../../src/engine/history/begin-topics.ts'
import type { Entry } from '../../../src/engine/history/entry.ts'
import { createHistory } from '../../../src/engine/history/history.ts'
import { SYSTEM } from '../../../src/engine/kernel/actor.ts'
import { accept, reject } from '../../../src/engine/kernel/decision.ts'
import { asUserId } from '../../../src/engine/kernel/id.ts'
import { BEGINNING } from '../../../src/engine/kernel/position.ts'
import { asTopic, type Topic } from '../../../src/engine/kernel/topic.ts'
import { DatabaseUnavailable } from '../../../src/engine/storage/faults.ts'
import type { OpenDatabase } from '../../../src/engine/storage/open-database.ts'
import { openDatabase } from '../../support/database.ts'
import { freshDatabase } from '../../support/postgres-shared.ts'

type Body = { readonly add: number }
type Added = { readonly type: 'Added'; readonly add: number }

/** Counts: a sum that grows by `add`; zero is refused, a negative number breaks the batch. */
const counting: Aggregate<Body, { readonly sum: number }, number, Added, number> = {
  topicsBegunBy: () => [],
  load: async (tx, { topic }) => {
    const { rows } = await tx.execute<{ sum: string }>(
      sql`SELECT coalesce(sum((data->>'add')::int), 0) AS sum FROM entries WHERE topic = ${topic}`,
    )
    return Number(rows[0]?.sum)
  },
  decide(sum, { body }) {
    if (body.add < 0) throw new Error('a fault')
    return body.add === 0
      ? reject('INVALID_INPUT', 'Nothing to add.')
      : accept([{ type: 'Added', add: body.add }], { sum: sum + body.add })
  },
  evolve: (sum, { add }) => sum + add,
  entryOf: ({ type, add }) => ({ type, data: { add } }),
  save: async () => SAVED,
  viewOf: (sum) => sum,
}

/** Counts as `counting` does, from what the last batch kept, and reports when it read the database. */
function keeping(onLook: () => void): typeof counting {
  return {
    ...counting,
    async load(tx, request) {
      if (request.cached !== undefined) return request.cached
      onLook()
      return counting.load(tx, request)
    },
    save: async (_tx, { after }) => ({ elsewhere: [], cached: after }),
  }
}

/** Counts as `counting` does, many topics in one transaction, and says of how many. */
function countingTogether(
  onLoad: (topics: number) => void,
): BatchAggregate<Body, { readonly sum: number }, number, Added, number> {
  const joint = asBatchAggregate(counting)
  return {
    ...joint,
    loadAll(tx, asked) {
      onLoad(asked.length)
      return joint.loadAll(tx, asked)
    },
  }
}

describe('a queue of commands', () => {
  let record: OpenDatabase
  let announced: (readonly Entry[])[] = []

  beforeAll(async () => {
    record = await openDatabase({ url: await freshDatabase(), directory: '', onConnectionError: () => {} })
  })
  afterAll(() => record.close())

  async function given(name: string) {
    const topic = asTopic(`count:${name}`)
    await beginTopics(record.database, [topic])
    announced = []
    const options = {
      database: record.database,
      permits: createSemaphore(3),
      announce: (entries: readonly Entry[]) => void announced.push(entries),
    }
    return {
      topic,
      options,
      queue: createCommandQueue(counting, options),
      other: createCommandQueue(counting, options),
    }
  }

  const add = (topic: Topic, amount: number, key?: string): Command<Body> => ({
    topic,
    actor:
      key === undefined
        ? SYSTEM
        : { kind: 'user', person: { id: asUserId('ann'), name: 'Ann' }, roles: new Set() },
    body: { add: amount },
    ...(key === undefined ? {} : { idempotency: { key, fingerprint: `add ${amount}` } }),
  })

  const history = () => createHistory(record.database)

  test('takes what waits as one batch: one announcement, offsets in the order of arrival', async () => {
    const { topic, queue } = await given('batch')
    const outcomes = await Promise.all(Array.from({ length: 100 }, () => queue.submit(add(topic, 1))))
    expect(outcomes.map((outcome) => outcome.kind === 'accepted' && outcome.position.offset)).toEqual(
      Array.from({ length: 100 }, (_, index) => index + 1),
    )
    expect(announced.length).toBeLessThanOrEqual(2)
    expect(announced.flat().map(({ offset }) => offset)).toEqual(
      Array.from({ length: 100 }, (_, index) => index + 1),
    )
  })

  test('answers a refusal without a trace', async () => {
    const { topic, queue } = await given('refusal')
    expect(await queue.submit(add(topic, 0, 'key'))).toMatchObject({ kind: 'rejected' })
    expect(await queue.submit(add(topic, 5, 'key'))).toMatchObject({ kind: 'accepted', isReplay: false })
    expect(await history().head(topic)).toMatchObject({ offset: 1 })
  })

  test('begins with what the last batch left, and looks again when somebody else has written', async () => {
    const { topic, options, other } = await given('kept')
    let looks = 0
    const queue = createCommandQueue(
      keeping(() => {
        looks += 1
      }),
      options,
    )
    const sumAfter = async (amount: number): Promise<unknown> => {
      const outcome = await queue.submit(add(topic, amount))
      return outcome.kind === 'accepted' && outcome.reply.sum
    }
    expect(await sumAfter(1)).toBe(1)
    expect(await sumAfter(2)).toBe(3)
    expect(looks).toBe(1)
    await other.submit(add(topic, 10))
    expect(await sumAfter(3)).toBe(16)
    expect(looks).toBe(2)
    await expect(queue.submit(add(topic, -1))).rejects.toThrow('a fault')
    expect(await queue.submit(add(topic, 0))).toMatchObject({ kind: 'rejected' })
    expect(await sumAfter(4)).toBe(20)
    expect(looks).toBe(2)
  })

  test('gives back what it locked by a state that proves stale, before it locks by the right one', async () => {
    const { topic, options, other } = await given('stale-locks')
    const row = asTopic('count:named by what was kept')
    await beginTopics(record.database, [row])
    const locked: boolean[] = []
    const kept = keeping(() => {})
    const queue = createCommandQueue(
      {
        ...kept,
        async load(tx, request) {
          if (request.cached !== undefined) {
            await tx.execute(sql`SELECT FROM topics WHERE topic = ${row} FOR UPDATE`)
          } else {
            const { rows } = await record.database.execute(
              sql`SELECT FROM topics WHERE topic = ${row} FOR UPDATE SKIP LOCKED`,
            )
            locked.push(rows.length === 0)
          }
          return kept.load(tx, request)
        },
        locksByCached: () => true,
      },
      options,
    )
    await queue.submit(add(topic, 1))
    await other.submit(add(topic, 10))
    const outcome = await queue.submit(add(topic, 2))
    expect(outcome).toMatchObject({ kind: 'accepted', reply: { sum: 13 } })
    expect(locked).toEqual([false, false])
  })

  test('takes turns with another node on one topic, and neither counts by what is no longer true', async () => {
    const { topic, options } = await given('kept-turns')
    const nodes = [0, 1, 2].map(() =>
      createCommandQueue(
        keeping(() => {}),
        options,
      ),
    )
    const outcomes = await Promise.all(
      Array.from({ length: 300 }, async (_, index) => {
        // Spread over many batches.
        if (index % 10 === 0) await history().head(topic)
        return nodes[index % 3]?.submit(add(topic, 1))
      }),
    )
    const sums = outcomes.map((outcome) => (outcome?.kind === 'accepted' ? outcome.reply.sum : 0))
    expect(sums.toSorted((one, two) => one - two)).toEqual(
      Array.from({ length: 300 }, (_, index) => index + 1),
    )
  })

  test('fails the one command that breaks its batch, and none of its neighbours', async () => {
    const { topic, queue } = await given('fault')
    const results = await Promise.allSettled([1, -1, 2, 3].map((amount) => queue.submit(add(topic, amount))))
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled'])
    expect(await history().head(topic)).toMatchObject({ offset: 3 })
  })

  test('takes effect once for a key, in one batch, in two, and from two nodes at once', async () => {
    const { topic, queue, other } = await given('key')
    const together = await Promise.all(
      [queue, queue, other, other].map((each) => each.submit(add(topic, 7, 'same'))),
    )
    const again = await other.submit(add(topic, 7, 'same'))
    const answers = [...together, again].map(
      (outcome) => outcome.kind === 'accepted' && [outcome.reply, outcome.position],
    )
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    expect(await history().head(topic)).toMatchObject({ offset: 1 })
    expect(await queue.submit(add(topic, 8, 'same'))).toMatchObject({
      rejection: { code: 'IDEMPOTENCY_KEY_REUSED' },
    })
  })

  test('gives two topics one effect for one key, and the other topic the first answer', async () => {
    const one = await given('twice-1')
    const two = await given('twice-2')
    const outcomes = await Promise.all([
      one.queue.submit(add(one.topic, 3, 'wide')),
      two.queue.submit(add(two.topic, 3, 'wide')),
    ])
    expect(outcomes.filter((outcome) => outcome.kind === 'accepted' && !outcome.isReplay)).toHaveLength(1)
    const heads = await history().heads([one.topic, two.topic])
    expect([...heads.values()].reduce((sum, { offset }) => sum + offset, 0)).toBe(1)
  })

  test('makes one history without a hole where two nodes take turns', async () => {
    const { topic, queue, other } = await given('turns')
    await Promise.all(
      Array.from({ length: 400 }, (_, index) => (index % 2 === 0 ? queue : other).submit(add(topic, 1))),
    )
    const head = await history().head(topic)
    expect(head).toMatchObject({ offset: 400 })
    if (head === undefined) throw new Error('the topic has begun')
    const entries = await history().readAfter(topic, { ...head, offset: BEGINNING }, 1_000)
    expect(entries.map(({ offset }) => offset)).toEqual(Array.from({ length: 400 }, (_, index) => index + 1))
    const times = entries.map(({ at }) => at)
    expect(times).toEqual([...times].sort((a, b) => a - b))
  })

  describe('of many topics in one transaction', () => {
    async function givenTopics(name: string, count: number) {
      const { options } = await given(name)
      const topics = Array.from({ length: count }, (_, index) => asTopic(`count:${name}-${index}`))
      await beginTopics(record.database, topics)
      const batches: number[] = []
      const aggregate = countingTogether((size) => batches.push(size))
      return { topics, batches, options, queue: createCommandQueue(aggregate, options), aggregate }
    }

    test('takes what waits for all of them, and gives each its own history', async () => {
      const { topics, batches, queue } = await givenTopics('joint', 20)
      const outcomes = await Promise.all(
        Array.from({ length: 60 }, (_, index) => queue.submit(add(topics[index % 20] as Topic, index + 1))),
      )
      expect(batches).toEqual([20])
      expect(outcomes.map((outcome) => outcome.kind === 'accepted' && outcome.position.offset)).toEqual(
        Array.from({ length: 60 }, (_, index) => Math.floor(index / 20) + 1),
      )
      expect(outcomes.map((outcome) => outcome.kind === 'accepted' && outcome.reply.sum)).toEqual(
        Array.from({ length: 60 }, (_, index) => {
          const turn = index % 20
          return [turn + 1, turn + 21, turn + 41].slice(0, Math.floor(index / 20) + 1).reduce((a, b) => a + b)
        }),
      )
      expect(announced).toHaveLength(1)
      const heads = await history().heads(topics)
      expect(new Set([...heads.values()].map(({ offset }) => offset))).toEqual(new Set([3]))
    })

    test('gathers while one batch is under way, and gives none twice', async () => {
      const { topics, batches, queue } = await givenTopics('gather', 40)
      await Promise.all(
        Array.from({ length: 800 }, async (_, index) => {
          // Spread over many turns of the event loop.
          if (index % 7 === 0) await history().head(topics[0] as Topic)
          return queue.submit(add(topics[index % 40] as Topic, 1))
        }),
      )
      expect(batches.length).toBeLessThan(100)
      const heads = await history().heads(topics)
      expect([...heads.values()].map(({ offset }) => offset)).toEqual(topics.map(() => 20))
      await queue.idle()
    })

    test('fails the one command that breaks the batch, and none of its neighbours in any topic', async () => {
      const { topics, queue } = await givenTopics('joint-fault', 8)
      const amounts = [1, 1, 1, 1, 1, -1, 1, 1]
      const results = await Promise.allSettled(
        amounts.map((amount, index) => queue.submit(add(topics[index] as Topic, amount))),
      )
      expect(results.map(({ status }) => status === 'fulfilled')).toEqual(amounts.map((amount) => amount > 0))
      const heads = await history().heads(topics)
      expect(topics.map((topic) => heads.get(topic)?.offset)).toEqual([1, 1, 1, 1, 1, 0, 1, 1])
    })

    test('takes effect once for a key that is given to two topics', async () => {
      const { topics, queue } = await givenTopics('joint-key', 2)
      const outcomes = await Promise.all(topics.map((topic) => queue.submit(add(topic, 3, 'of both'))))
      expect(outcomes).toMatchObject([
        { kind: 'accepted', isReplay: false },
        { kind: 'accepted', isReplay: true },
      ])
      const heads = await history().heads(topics)
      expect(topics.map((topic) => heads.get(topic)?.offset)).toEqual([1, 0])
    })

    test('keeps order where three nodes do so with the same topics', async () => {
      const { topics, options, queue, aggregate } = await givenTopics('joint-nodes', 5)
      const nodes = [queue, createCommandQueue(aggregate, options), createCommandQueue(aggregate, options)]
      const outcomes = await Promise.all(
        Array.from({ length: 600 }, (_, index) =>
          nodes[index % 3]?.submit(add(topics[(index * 7) % 5] as Topic, 1)),
        ),
      )
      for (const topic of topics) {
        const offsets = outcomes.flatMap((outcome, index) =>
          topics[(index * 7) % 5] === topic && outcome?.kind === 'accepted' ? [outcome.position.offset] : [],
        )
        expect(offsets.toSorted((one, two) => one - two)).toEqual(
          Array.from({ length: 120 }, (_, index) => index + 1),
        )
      }
    })

    test('is not held up for ever by a topic that somebody else has locked', async () => {
      const { topics, queue } = await givenTopics('joint-held', 2)
      const [held, free] = topics as [Topic, Topic]
      let release = (): void => {}
      const locked = Promise.withResolvers<void>()
      const holding = record.database.transaction(async (tx) => {
        await tx.execute(sql`SELECT FROM topics WHERE topic = ${held} FOR UPDATE`)
        locked.resolve()
        await new Promise<void>((resolve) => {
          release = resolve
        })
      })
      await locked.promise
      const late = queue.submit(add(held, 1))
      await history().head(free)
      expect(await queue.submit(add(free, 1))).toMatchObject({ kind: 'accepted' })
      release()
      await holding
      expect(await late).toMatchObject({ kind: 'accepted' })
    })
  })

  test('rejects with DatabaseUnavailable while the database is unreachable: the effect is unknown', async () => {
    const closed = await openDatabase({
      url: await freshDatabase(),
      directory: '',
      onConnectionError: () => {},
    })
    await closed.close()
    const queue = createCommandQueue(counting, {
      database: closed.database,
      permits: createSemaphore(1),
      announce: () => {},
    })
    await expect(queue.submit(add(asTopic('count:away'), 1))).rejects.toBeInstanceOf(DatabaseUnavailable)
  })
})
