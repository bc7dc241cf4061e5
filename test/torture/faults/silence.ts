import { setTimeout as pause } from 'node:timers/promises'
import { startPostgres } from '../../support/postgres.ts'
import { startReplica } from '../../support/postgres-backup.ts'
import { freezePostgres } from '../../support/postgres-faults.ts'
import { type Attempt, attempt, countCodes } from '../attempts.ts'
import { announcementCommand, bidCommand, type Command, messageCommand } from '../commands.ts'
import type { Fault } from '../fault.ts'
import { watchReadiness } from '../readiness.ts'
import { perform, type Scenario } from '../scenario.ts'

const BURST = { nodes: 2, rooms: 2, watchersEach: 3, publishers: 4 }
/** Every command is answered within this. */
const ANSWER_WITHIN_MS = 30_000
/** Margin for a busy machine. */
const TOLERANCE_MS = { short: 3_000, long: 1_000 } as const
const GIVE_UP_MS = 45_000
const SILENT_MS = { short: 8_000, long: 20_000 } as const
const WAVE_MS = 1_000
const WAVES_AFTER = 4
/** The longest time for a command on any topic once the new primary serves. */
const WORKS_WITHIN_MS = 5_000
/** Higher than any bid of a burst. */
const RAISE = 1_000_000
const AFTERWARDS = 100

/**
 * Fault 21: the kernel of the old host still acknowledges, but its PostgreSQL does not answer. After a while new
 * connections reach a promoted replica; those to the old host stay open, as with HAProxy's defaults.
 */
export const silentDatabase: Fault = {
  number: 21,
  name: 'database host falls silent, a new primary takes over',
  mayReset: true,
  async run(form, seed) {
    await using servers = new AsyncDisposableStack()
    const primary = servers.use(await startPostgres())
    const replica = servers.use(await startReplica(primary))
    return await perform({ ...BURST, seed, postgres: primary }, async (scenario) => {
      const fromMs = Date.now()
      await replica.untilCaughtUp()
      using _frozen = await freezePostgres(primary)
      const watch = watchReadiness(scenario.nodes, 'database')
      const waves = sendWaves(scenario, SILENT_MS[form] / WAVE_MS, 'silent')
      await pause(SILENT_MS[form])
      await replica.promote()
      const switchedAtMs = Date.now()
      scenario.replaced({ fromMs, untilMs: switchedAtMs, lacksTail: false })
      scenario.switchTo(replica)
      const later = sendWaves(scenario, WAVES_AFTER, 'switched')
      const acceptedAfterMs = await untilAcceptedEverywhere(scenario, switchedAtMs)
      const attempts = (await Promise.all([waves, later])).flat()
      const afterwards = await Promise.all(await wave(scenario, 'afterwards', AFTERWARDS, WORKS_WITHIN_MS))
      const { namedAfterMs } = await watch.stop()
      const unanswered = attempts.filter(({ tookMs }) => tookMs > ANSWER_WITHIN_MS + TOLERANCE_MS[form])
      const stuck = afterwards.filter(({ kind }) => kind !== 'accepted' && kind !== 'rejected')
      if (unanswered.length > 0)
        scenario.fail(`${unanswered.length} commands were not answered within ${ANSWER_WITHIN_MS} ms.`)
      if (stuck.length > 0) scenario.fail(`${stuck.length} topics are stuck: ${countCodes(stuck)}.`)
      if (acceptedAfterMs === undefined) scenario.fail('Some node accepted no command after the switch.')
      if (namedAfterMs === undefined) scenario.fail('/ready of some node never named the database.')
      return {
        silent: `${SILENT_MS[form]} ms`,
        'commands unanswered after 30 s': `${unanswered.length} of ${attempts.length}`,
        'slowest answer': `${Math.max(...attempts.map(({ tookMs }) => tookMs))} ms`,
        answers: countCodes(attempts),
        'topics stuck after recovery': `${stuck.length} of ${afterwards.length}`,
        'time until /ready says so, at most': `${namedAfterMs ?? 'never'} ms`,
        'time until a command was accepted on every node, after the switch': `${acceptedAfterMs ?? 'never'} ms`,
      }
    })
  },
}

/** One command on every topic. */
function commandsOn({ places }: Scenario, key: string, raise: number): Promise<readonly Command[]> {
  return Promise.all([
    ...places.roomIds.map((roomId) => messageCommand(`${key} ${roomId}`, roomId, places.author)),
    ...places.auctionIds.map((id) => bidCommand(`${key} ${id}`, id, raise * RAISE)),
    announcementCommand(key),
  ])
}

/** To every node, concurrently. */
async function wave(
  scenario: Scenario,
  name: string,
  raise: number,
  withinMs: number,
): Promise<readonly Promise<Attempt>[]> {
  const sent = scenario.nodes.map(async ({ node }, place) => {
    const commands = await commandsOn(scenario, `${name} on ${place}`, raise + place)
    return commands.map(async (command) => {
      const outcome = await attempt(node.url, command, withinMs)
      scenario.attempted(outcome.attempted)
      return outcome
    })
  })
  return (await Promise.all(sent)).flat()
}

/** Sends wave after wave, regardless of the outcome of earlier ones. Resolves with all of them once all are done. */
async function sendWaves(scenario: Scenario, count: number, name: string): Promise<readonly Attempt[]> {
  const pending: Promise<Attempt>[] = []
  for (let number = 0; number < count; number += 1) {
    pending.push(...(await wave(scenario, `${name} ${number}`, number * 2 + 1, GIVE_UP_MS)))
    await pause(WAVE_MS)
  }
  return await Promise.all(pending)
}

/** Resolves with the time from the switch until every node had accepted something; undefined if one did not. */
async function untilAcceptedEverywhere(
  scenario: Scenario,
  switchedAtMs: number,
): Promise<number | undefined> {
  const took = scenario.nodes.map(async ({ node }, place) => {
    for (let number = 0; ; number += 1) {
      const key = `first on ${place}, ${number}`
      const command = await announcementCommand(key)
      const outcome = await attempt(node.url, command, GIVE_UP_MS)
      scenario.attempted(outcome.attempted)
      if (outcome.kind === 'accepted') return Date.now() - switchedAtMs
      if (Date.now() > switchedAtMs + GIVE_UP_MS) return undefined
      await pause(50)
    }
  })
  const all = await Promise.all(took)
  const known = all.filter((ms) => ms !== undefined)
  return known.length === all.length ? Math.max(...known) : undefined
}
