import { setTimeout as pause } from 'node:timers/promises'
import { type PostgresServer, startPostgres } from '../../support/postgres.ts'
import { type PostgresReplica, startReplica } from '../../support/postgres-backup.ts'
import type { Fault } from '../fault.ts'
import { makeHotAuction, type Verdict } from '../hot-auction.ts'
import { runScript } from '../operator-scripts.ts'
import { makeQuietRoom } from '../quiet-room.ts'
import { type Outcome, perform, type Scenario } from '../scenario.ts'
import { bringBack, reportTold, type Told } from '../told.ts'

const BURST = { nodes: 2, rooms: 2, watchersEach: 3, publishers: 6 }
const TAIL_MS = 1_000
const LONG_ROUNDS = 5

interface Round extends Told {
  readonly verdict: Verdict
  readonly switchedAtMs: number
}

/** Fault 19: the tail that a replica lacks is gone; nodes and clients stay up, and the burst continues. */
export const promotedReplica: Fault = {
  number: 19,
  name: 'asynchronous replica promoted with a lost tail, clients and nodes stay up',
  mayReset: true,
  run: (form, seed) => promoteReplicas(form === 'short' ? 1 : LONG_ROUNDS, seed),
}

/** Promotes a replica repeatedly. `prepare` may change the database before the first replica is created. */
export async function promoteReplicas(
  count: number,
  seed: number,
  prepare: (databaseUrl: string) => Promise<void> = async () => {},
): Promise<Outcome> {
  await using servers = new AsyncDisposableStack()
  let primary: PostgresServer = servers.use(await startPostgres())
  return await perform({ ...BURST, seed, postgres: primary }, async (scenario) => {
    await prepare(scenario.databaseUrl)
    const rounds: Round[] = []
    for (let round = 0; round < count; round += 1) {
      const replica = servers.use(await startReplica(primary))
      rounds.push(await failOver(scenario, primary, replica, `round ${round}`))
      primary = replica
    }
    await scenario.settle()
    await runScript('verify-ledger', scenario.switchTo(primary)).catch(({ message }: Error) =>
      scenario.fail(message),
    )
    const lost = rounds.reduce((sum, { verdict }) => sum + verdict.decidedByLostState, 0)
    if (lost > 0) scenario.fail(`${lost} bids were decided by a state that is gone.`)
    return report(rounds, lost)
  })
}

function report(rounds: readonly Round[], lost: number): Readonly<Record<string, string>> {
  const coincidences = rounds.filter(({ verdict }) => verdict.isCoincidence).length
  const accepted = rounds.map(({ verdict, switchedAtMs }) => verdict.acceptedAtMs - switchedAtMs)
  return {
    'commands decided by lost state': `${lost}`,
    'rounds in which transaction ids coincided': `${coincidences} of ${rounds.length}`,
    ...reportTold(rounds),
    'time until a command was accepted, at most': `${Math.max(...accepted)} ms`,
  }
}

/** Loses a tail, and observes what readers and bidders receive. */
async function failOver(
  scenario: Scenario,
  primary: PostgresServer,
  replica: PostgresReplica,
  name: string,
): Promise<Round> {
  const [one, two] = scenario.nodes
  if (one === undefined || two === undefined) throw new RangeError('a scenario has two nodes')
  const [auction, room] = [await makeHotAuction(scenario, name), await makeQuietRoom(scenario, name)]
  await room.write(one.node.url, ['kept 1', 'kept 2'])
  const oldUrl = scenario.switchTo(primary)
  const fromMs = Date.now()
  await replica.untilCaughtUp()
  await replica.cutOff()
  await room.write(one.node.url, ['lost 1', 'lost 2', 'lost 3', 'lost 4', 'lost 5'])
  await Promise.all([auction.bidInTail(oldUrl), pause(TAIL_MS)])
  await scenario.watchers({ kind: 'away', only: [...room.early, ...room.late] })
  await primary.killImmediate()
  await replica.promote()
  const switchedAtMs = Date.now()
  scenario.replaced({ fromMs, untilMs: switchedAtMs, lacksTail: true })
  const url = scenario.switchTo(replica)
  const verdict = await auction.bidAfterwards(url)
  const burst = scenario.places.watchedBy(BURST.watchersEach).map(({ subscription }) => subscription)
  const live = [...room.live, auction.reader, ...burst]
  const replacement = { replacedAtMs: switchedAtMs, backAtMs: switchedAtMs }
  return { verdict, switchedAtMs, ...(await bringBack(scenario, room, live, replacement)) }
}
