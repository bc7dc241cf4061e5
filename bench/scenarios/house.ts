import { setTimeout as pause } from 'node:timers/promises'
import { NO_LIMITS, startNode, type TestNode } from '../../test/support/node.ts'
import { startPostgres } from '../../test/support/postgres.ts'
import { createRandom } from '../../test/support/random.ts'
import { startRedis } from '../../test/support/redis.ts'
import { makeAuction, makeRoom } from '../../test/support/rooms.ts'
import { signToken } from '../../test/support/tokens.ts'
import { measurePings } from '../figures.ts'
import { pinToServerCore } from '../run/generator.ts'
import { ROSTRUM } from '../systems/rostrum.ts'
import { type Diary, openVisitor } from '../visitor.ts'
import type { MeasureOptions, Scenario } from './scenario.ts'

const ROOMS = 20
const VISITORS = 400
const SECONDS = 120
const QUICK_SECONDS = 15
/** Of all visitors together. */
const ACTS_PER_SECOND = 200
const TICK_MS = 50
const SETTLE_MS = 3_000
const AGREED = new Set(['BidAccepted', 'MessagePayload', 'BID_BELOW_MINIMUM', 'MembershipPayload', 'true'])

const quantile = (values: readonly number[], part: number): number =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length * part)] ?? Number.NaN

/** On PostgreSQL with fsync and Redis, or as it is without any setting. */
async function startHouse(isEmbedded: boolean, stack: AsyncDisposableStack): Promise<TestNode> {
  const env = { ...NO_LIMITS, NODE_ENV: 'production' }
  if (isEmbedded) return stack.use(await startNode({ env }))
  const postgres = stack.use(await startPostgres({ fsync: true }))
  const redis = stack.use(await startRedis())
  const databaseUrl = await postgres.createDatabase()
  return stack.use(await startNode({ databaseUrl, redisUrl: redis.url, env }))
}

async function measure(isEmbedded: boolean, { isQuick }: MeasureOptions) {
  await using stack = new AsyncDisposableStack()
  const node = await startHouse(isEmbedded, stack)
  await pinToServerCore(node.pid)
  const seller = await signToken('seller')
  const terms = { startingPrice: 1, increments: [{ from: 0, step: 1 }] }
  const rooms = await Promise.all(
    Array.from({ length: ROOMS }, async () => {
      const roomId = await makeRoom(node, seller)
      return { roomId, auctionId: await makeAuction(node, seller, roomId, terms) }
    }),
  )
  const diary: Diary = {
    delivered: [],
    answered: [],
    answers: new Map(),
    entries: 0,
    drops: 0,
    holes: 0,
    resets: 0,
  }
  const random = createRandom(1)
  const visitors = await Promise.all(
    Array.from({ length: VISITORS }, async (_, index) => {
      const room = rooms[index % ROOMS]
      if (room === undefined) throw new RangeError('there is no room')
      const name = `visitor-${index}`
      return openVisitor({ wsUrl: node.wsUrl, token: await signToken(name), name, ...room, random, diary })
    }),
  )
  stack.defer(() => {
    for (const { leave } of visitors) leave()
  })
  await pause(SETTLE_MS)
  const seconds = isQuick ? QUICK_SECONDS : SECONDS
  const before = diary.entries
  // How they all came in at once is not to count.
  diary.delivered.length = 0
  diary.answered.length = 0
  const end = performance.now() + seconds * 1_000
  const pings = measurePings(node.wsUrl, () => performance.now() >= end)
  while (performance.now() < end) {
    for (let act = 0; act < (ACTS_PER_SECOND * TICK_MS) / 1_000; act += 1) visitors[random(VISITORS)]?.act()
    await pause(TICK_MS)
  }
  const entries = diary.entries - before
  const waits = await pings
  await pause(SETTLE_MS)
  const strange = [...diary.answers].filter(([answer]) => !AGREED.has(answer))
  return {
    values: {
      entries: entries / seconds,
      p50: quantile(diary.delivered, 0.5),
      p99: quantile(diary.delivered, 0.99),
      answerP50: quantile(diary.answered, 0.5),
      answerP99: quantile(diary.answered, 0.99),
      loop: quantile(waits, 0.99),
    },
    remarks: [
      ...(diary.holes > 0 ? [`${diary.holes} entries did not follow the one before`] : []),
      ...(diary.resets > 0 ? [`${diary.resets} resets`] : []),
      ...strange.map(([answer, count]) => `${count} answers were ${answer}`),
    ],
    raw: { drops: diary.drops, answers: Object.fromEntries(diary.answers), entries: diary.entries },
  }
}

export const HOUSE: Scenario = {
  name: 'house',
  title: 'An auction house',
  explanation: `${VISITORS} visitors in ${ROOMS} rooms follow the bids, the messages and the presence of their rooms. Together they act
${ACTS_PER_SECOND} times per second: they bid, chat, type, lose the connection and resume by their cursors. The visitors run in
one Node process on the other core, and their times include its own delays.`,
  columns: [
    { key: 'entries', title: 'entries/s to visitors', digits: 0, better: 'higher' },
    { key: 'p50', title: 'message to visitor p50, ms', digits: 1, better: 'lower' },
    { key: 'p99', title: 'p99, ms', digits: 1, better: 'lower' },
    { key: 'answerP50', title: 'answer p50, ms', digits: 1, better: 'lower' },
    { key: 'answerP99', title: 'p99 of the answer, ms', digits: 1, better: 'lower' },
    { key: 'loop', title: 'ping p99, ms', digits: 1, better: 'lower' },
  ],
  systems: [ROSTRUM],
  cases: () => [
    { name: 'PostgreSQL and Redis', measure: (_, options) => measure(false, options) },
    { name: 'embedded', measure: (_, options) => measure(true, options) },
  ],
}
