import { setTimeout as pause } from 'node:timers/promises'
import { type PostgresServer, startPostgres } from '../../support/postgres.ts'
import { startReplica } from '../../support/postgres-backup.ts'
import { withClient } from '../../support/postgres-databases.ts'
import { makeReadOnly } from '../../support/postgres-faults.ts'
import { type Attempt, attempt, countCodes } from '../attempts.ts'
import { messageCommand } from '../commands.ts'
import type { Fault } from '../fault.ts'
import { isReady, untilSaid, watchReadiness } from '../readiness.ts'
import { perform, type Scenario } from '../scenario.ts'

const BURST = { nodes: 2, rooms: 2, watchersEach: 3, publishers: 4 }
const READ_ONLY_MS = { short: 5_000, long: 30_000 } as const
const BETWEEN_MS = 40
const ANSWER_WITHIN_MS = 35_000
const RECOVER_WITHIN_MS = 30_000
/** How long a node may keep a session with a server that no longer accepts writes. */
const DROP_WITHIN_MS = 20_000
const LOOK_MS = 100

/**
 * Fault 22: the database is read-only, first temporarily, like the full disk of a managed database; then permanently,
 * with open sessions, while new connections reach a promoted replica, like an orderly failover with a stale proxy.
 */
export const readOnlyDatabase: Fault = {
  number: 22,
  name: 'database read-only for a while, and demoted with its sessions open',
  mayReset: true,
  async run(form, seed) {
    await using servers = new AsyncDisposableStack()
    const primary = servers.use(await startPostgres())
    const replica = servers.use(await startReplica(primary))
    return await perform({ ...BURST, seed, postgres: primary }, async (scenario) => {
      const sending = sendAlways(scenario)
      const watch = watchReadiness(scenario.nodes, 'database')
      {
        await using _readOnly = await makeReadOnly(primary)
        await pause(READ_ONLY_MS[form])
      }
      const recoveredMs = await untilAccepted(scenario, sending.accepted)
      const { namedAfterMs } = await watch.stop()
      await untilSaid(scenario.nodes, isReady)

      const fromMs = Date.now()
      await using _demoted = await makeReadOnly(primary)
      await pause(LOOK_MS)
      await replica.untilCaughtUp()
      await replica.promote()
      scenario.replaced({ fromMs, untilMs: Date.now(), lacksTail: false })
      scenario.switchTo(replica)
      const movedMs = await untilAccepted(scenario, sending.accepted)
      const left = await countSessions(primary, scenario.databaseUrl)
      const attempts = await sending.stop()
      const internal = attempts.filter(({ code }) => code === 'INTERNAL_SERVER_ERROR')
      if (internal.length > 0) scenario.fail(`${internal.length} commands failed with INTERNAL_SERVER_ERROR.`)
      if (namedAfterMs === undefined) scenario.fail('/ready of some node never named the database.')
      if (left > 0) scenario.fail(`${left} sessions with the demoted server are still open.`)
      for (const [what, ms] of [['writable again', recoveredMs] as const, ['failed over', movedMs] as const])
        if (ms === undefined) scenario.fail(`Some node accepted no command after the database was ${what}.`)
      return {
        'read-only': `${READ_ONLY_MS[form]} ms`,
        'INTERNAL errors': `${internal.length} of ${attempts.length}`,
        answers: countCodes(attempts),
        'time until /ready says so, at most': `${namedAfterMs ?? 'never'} ms`,
        'time to recover, at most': `${recoveredMs ?? 'never'} ms`,
        'time until the promoted replica is used, at most': `${movedMs ?? 'never'} ms`,
        'sessions left with the demoted server': `${left}`,
      }
    })
  },
}

interface Sending {
  /** By node: when it last accepted a command. */
  readonly accepted: ReadonlyMap<string, number>
  stop(): Promise<readonly Attempt[]>
}

/** One message after another to every node. */
function sendAlways(scenario: Scenario): Sending {
  const { nodes, places, attempted } = scenario
  const accepted = new Map<string, number>()
  const attempts: Attempt[] = []
  let isOver = false
  const lanes = nodes.map(async ({ node: { url } }, place) => {
    for (let number = 0; !isOver; number += 1) {
      const roomId = places.roomIds[number % places.roomIds.length] ?? ''
      const command = await messageCommand(`steady ${place} ${number}`, roomId, places.author)
      const outcome = await attempt(url, command, ANSWER_WITHIN_MS)
      attempted(outcome.attempted)
      attempts.push(outcome)
      if (outcome.kind === 'accepted') accepted.set(url, outcome.attempted.beganMs)
      await pause(BETWEEN_MS)
    }
  })
  return {
    accepted,
    async stop() {
      isOver = true
      await Promise.all(lanes)
      return attempts
    },
  }
}

/** Resolves with the time until every node accepted a command sent from now on; undefined on timeout. */
async function untilAccepted(
  { nodes }: Scenario,
  accepted: ReadonlyMap<string, number>,
): Promise<number | undefined> {
  const sinceMs = Date.now()
  while (!nodes.every(({ node }) => (accepted.get(node.url) ?? 0) >= sinceMs)) {
    if (Date.now() > sinceMs + RECOVER_WITHIN_MS) return undefined
    await pause(LOOK_MS / 4)
  }
  return Date.now() - sinceMs
}

/** The number of node sessions on a server after they had time to leave. */
async function countSessions({ url }: PostgresServer, databaseUrl: string): Promise<number> {
  const end = Date.now() + DROP_WITHIN_MS
  for (;;) {
    const count = await withClient(url, async (client) => {
      const { rows } = await client.query<{ readonly count: number }>(
        `SELECT count(*)::int AS count FROM pg_stat_activity WHERE datname = $1`,
        [new URL(databaseUrl).pathname.slice(1)],
      )
      return rows[0]?.count ?? 0
    })
    if (count === 0 || Date.now() > end) return count
    await pause(LOOK_MS)
  }
}
