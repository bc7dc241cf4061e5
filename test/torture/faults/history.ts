import { setTimeout as pause } from 'node:timers/promises'
import { scrape } from '../../support/scrape.ts'
import { type Absence, beAway } from '../absence.ts'
import {
  announcementCommand,
  ask,
  bidCommand,
  type Command,
  messageCommand,
  type RawAnswer,
  readAnswer,
} from '../commands.ts'
import type { Fault } from '../fault.ts'
import { perform, type Scenario } from '../scenario.ts'
import { findWrongSnapshots } from '../snapshots.ts'
import type { Reset } from '../watchers.ts'

const PATIENCE_MS = 60_000
const LOOK_MS = 100

const ONE_TOPIC = { nodes: 3, rooms: 1, watchersEach: 4, publishers: 8, pauseMs: 5 }
/** Most packets pass immediately, some so late that others commit meanwhile. */
const LATE_PERCENT = 12
const LATE_MS = 80
/** Fewer prove nothing. */
const LEAST_GAPS = 3

/** Fault 6: delays to and from PostgreSQL, so that a node learns of its commit after others learn of theirs. */
export const delayedCommits: Fault = {
  number: 6,
  name: 'one topic, commits delayed at random, 8 publishers on 3 nodes',
  run(form, seed, postgres) {
    const lateMs = form === 'short' ? 4_000 : 120_000
    return perform({ ...ONE_TOPIC, mixture: ['message'], seed, postgres }, async (scenario) => {
      const { postgresProxy, random } = scenario
      postgresProxy.delay(() => (random(100) < LATE_PERCENT ? random(LATE_MS) : 0))
      await pause(lateMs)
      const gaps = await untilGaps(scenario)
      postgresProxy.delay(0)
      return { 'gaps closed, of notices that overtook others': `${gaps}` }
    })
  },
}

/** Resolves when enough commits were announced before earlier ones, with the number of times a node saw that. */
async function untilGaps(scenario: Scenario): Promise<number> {
  const end = Date.now() + PATIENCE_MS
  while (Date.now() < end) {
    const gaps = await countGaps(scenario)
    if (gaps >= LEAST_GAPS) return gaps
    await pause(LOOK_MS)
  }
  throw new Error('nodes were told of nearly all commits in order: nothing was shown')
}

async function countGaps({ nodes }: Scenario): Promise<number> {
  const scrapes = await Promise.all(nodes.map(({ node }) => scrape(node.url)))
  return scrapes.reduce((sum, { value }) => sum + value('rostrum_gaps_repaired_total'), 0)
}

const FORGETFUL = {
  ...{ nodes: 2, rooms: 2, watchersEach: 4, publishers: 6 },
  env: { RETENTION_EVENTS: '5', RETENTION_MS: '100' },
}

/**
 * Fault 8: all clients leave, and come back when their cursors have been trimmed; finally, when nothing is written any
 * more.
 */
export const awayTooLong: Fault = {
  number: 8,
  name: 'clients away longer than retention',
  mayReset: true,
  run(form, seed, postgres) {
    const absences = form === 'short' ? 1 : 15
    return perform({ ...FORGETFUL, seed, postgres }, async (scenario) => {
      const results: Absence[] = []
      for (let absence = 1; absence <= absences; absence += 1) {
        await pause(500)
        results.push(await beAway(scenario, absence === absences ? scenario.settle : async () => {}))
      }
      const sum = (of: (absence: Absence) => number) => results.reduce((total, one) => total + of(one), 0)
      const told = sum((absence) => absence.told)
      const forgotten = sum((absence) => absence.forgotten)
      if (told < forgotten)
        throw new Error(`of ${forgotten} forgotten cursors only ${told} were told a reset`)
      const resets = await scenario.watchers<readonly Reset[]>({ kind: 'resets' })
      const wrong = await findWrongSnapshots(scenario.databaseUrl, resets)
      if (wrong.length > 0) throw new Error(`snapshots unlike the database: ${JSON.stringify(wrong)}`)
      const longestMs = Math.max(...results.map(({ noticedMs }) => noticedMs))
      return {
        'expired cursors that led to a reset': `${told} of ${forgotten}`,
        'snapshots equal to the database': `${resets.length} of ${resets.length}`,
        'time until nodes applied the retention, at most': `${longestMs} ms`,
      }
    })
  },
}

const TIMES = 100
const ANSWER_WITHIN_MS = 35_000
const RETRY_MS = 100
/** Higher than any bid of a burst. */
const RAISE = 1_000_000

/** Fault 10: one bid, message and announcement per round; each is sent again after all nodes have crashed. */
export const repeatedKeys: Fault = {
  number: 10,
  name: 'the same key 100 times in parallel on 3 nodes, and after a restart',
  run(form, seed, postgres) {
    const restarts = form === 'short' ? 1 : 10
    const rounds = form === 'short' ? 2 : 5
    const setting = { nodes: 3, rooms: 2, watchersEach: 3, publishers: 4 }
    return perform({ ...setting, seed, postgres }, async (scenario) => {
      let raises = 0
      for (let restart = 0; restart < restarts; restart += 1) {
        const asked: Asked[] = []
        for (let round = 0; round < rounds; round += 1) {
          raises += 1
          const commands = await commandsOf(scenario, `${seed} repeated ${raises}`, raises * RAISE)
          asked.push(...(await Promise.all(commands.map((command) => askManyTimes(scenario, command)))))
        }
        await Promise.all(scenario.nodes.map((node) => node.crash()))
        await Promise.all(asked.map((one) => askOnceMore(scenario, one)))
      }
      return { keys: `${3 * raises}`, 'answers to each, all alike': `${TIMES + 1}` }
    })
  },
}

interface Asked {
  readonly command: Command
  readonly raw: readonly RawAnswer[]
}

function commandsOf({ places, random }: Scenario, key: string, amount: number): Promise<readonly Command[]> {
  const auctionId = places.auctionIds[random(places.auctionIds.length)] ?? ''
  const roomId = places.roomIds[random(places.roomIds.length)] ?? ''
  return Promise.all([
    bidCommand(key, auctionId, amount),
    messageCommand(key, roomId, places.author),
    announcementCommand(key),
  ])
}

async function askManyTimes({ nodes }: Scenario, command: Command): Promise<Asked> {
  const urls = Array.from({ length: TIMES }, (_, index) => nodes[index % nodes.length]?.node.url ?? '')
  return { command, raw: await Promise.all(urls.map((url) => askPatiently(url, command))) }
}

async function askOnceMore({ nodes, random, attempted }: Scenario, { command, raw }: Asked): Promise<void> {
  const url = nodes[random(nodes.length)]?.node.url ?? ''
  const beganMs = Date.now()
  const all = [...raw, await askPatiently(url, command)]
  const unlike = [...new Set(all.map((one) => JSON.stringify(one)))]
  if (unlike.length > 1) throw new Error(`one key, unlike answers: ${unlike.join(' and ')}`)
  const { key, topic, effect } = command
  const answers = all.map((one) => readAnswer(topic, one)).filter((answer) => answer !== undefined)
  if (!answers.some(({ kind }) => kind === 'accepted')) throw new Error(`not accepted: ${unlike[0]}`)
  attempted({ key, topic, effect, attempts: all.length, answers, beganMs, endedMs: Date.now() })
}

async function askPatiently(url: string, command: Command): Promise<RawAnswer> {
  const end = Date.now() + PATIENCE_MS
  while (Date.now() < end) {
    const answer = await ask(url, command, ANSWER_WITHIN_MS)
    if (answer !== undefined) return answer
    await pause(RETRY_MS)
  }
  throw new Error(`${command.key} was never answered`)
}
