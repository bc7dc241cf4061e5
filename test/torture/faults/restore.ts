import { setTimeout as pause } from 'node:timers/promises'
import { type PostgresServer, startPostgres } from '../../support/postgres.ts'
import { takeBaseBackup } from '../../support/postgres-backup.ts'
import { dumpDatabase } from '../../support/postgres-dump.ts'
import type { Fault } from '../fault.ts'
import { runScript } from '../operator-scripts.ts'
import { makeQuietRoom, type QuietRoom } from '../quiet-room.ts'
import { perform, type Scenario } from '../scenario.ts'
import { bringBack, reportTold, type Told } from '../told.ts'

const BURST = { nodes: 2, rooms: 2, watchersEach: 3, publishers: 6 }
const TAIL_MS = 700

/** Restores the database. Resolves with its server. */
interface Backup {
  restore(): Promise<PostgresServer>
}

/** A kind of backup, and how it is restored. */
interface Kind {
  readonly name: string
  /** Whether Whether PostgreSQL starts a new timeline by itself; otherwise the operator runs `npm run renew-epochs`. */
  readonly isTimelineNew: boolean
  take(server: PostgresServer, databaseUrl: string, stack: AsyncDisposableStack): Promise<Backup>
}

const DUMP: Kind = {
  name: 'dump',
  isTimelineNew: false,
  async take(server, databaseUrl, stack) {
    const dump = stack.use(await dumpDatabase(databaseUrl))
    return {
      async restore() {
        await dump.restore()
        return server
      },
    }
  },
}

const COPY: Kind = {
  name: 'copied disk',
  isTimelineNew: false,
  async take(server, _databaseUrl, stack) {
    const backup = stack.use(await takeBaseBackup(server))
    return {
      async restore() {
        await server.stop()
        return stack.use(await backup.start())
      },
    }
  },
}

const POINT_IN_TIME: Kind = {
  name: 'point in time',
  isTimelineNew: true,
  async take(server, _databaseUrl, stack) {
    const backup = stack.use(await takeBaseBackup(server))
    return {
      async restore() {
        await server.stop()
        return stack.use(await backup.recover())
      },
    }
  },
}

/** How the operator keeps the nodes off the database while it is restored. */
interface Interruption {
  readonly name: string
  begin(scenario: Scenario): Promise<unknown>
  end(scenario: Scenario): Promise<unknown>
}

const RESTARTED: Interruption = {
  name: 'nodes restarted',
  begin: ({ nodes }) => Promise.all(nodes.map(({ node }) => node.stop())),
  end: ({ nodes }) => Promise.all(nodes.map((node) => node.revive())),
}
const CUT_OFF: Interruption = {
  name: 'nodes stay up',
  begin: async ({ postgresProxy }) => postgresProxy.shut(),
  end: async ({ postgresProxy }) => postgresProxy.open(),
}

const ROUNDS = {
  short: [
    [DUMP, CUT_OFF],
    [COPY, RESTARTED],
    [POINT_IN_TIME, CUT_OFF],
  ],
  long: [DUMP, COPY, POINT_IN_TIME].flatMap((kind) => [[kind, CUT_OFF] as const, [kind, RESTARTED] as const]),
} as const satisfies Record<string, readonly (readonly [Kind, Interruption])[]>

/**
 * Fault 20. The operator follows the guide: stop the nodes or cut them off from the database, restore, run
 * `npm run renew-epochs` unless PostgreSQL began a new timeline, and let the nodes back.
 */
export const restoredDatabase: Fault = {
  number: 20,
  name: 'database restored from a dump, a copied disk, or to a point in time',
  mayReset: true,
  async run(form, seed) {
    await using servers = new AsyncDisposableStack()
    let server: PostgresServer = servers.use(await startPostgres())
    return await perform({ ...BURST, seed, postgres: server }, async (scenario) => {
      const rounds: Told[] = []
      for (const [kind, interruption] of ROUNDS[form]) {
        const room = await makeQuietRoom(scenario, `${kind.name}, ${interruption.name}`)
        const restored = await restore(scenario, server, { kind, interruption, room }, servers)
        rounds.push(restored.told)
        server = restored.server
      }
      await scenario.settle()
      await runScript('verify-ledger', scenario.switchTo(server)).catch(({ message }: Error) =>
        scenario.fail(message),
      )
      return {
        restores: ROUNDS[form]
          .map(([kind, interruption]) => `${kind.name} with ${interruption.name}`)
          .join(', '),
        ...reportTold(rounds),
      }
    })
  },
}

interface Round {
  readonly kind: Kind
  readonly interruption: Interruption
  readonly room: QuietRoom
}

async function restore(
  scenario: Scenario,
  server: PostgresServer,
  { kind, interruption, room }: Round,
  stack: AsyncDisposableStack,
): Promise<{ readonly server: PostgresServer; readonly told: Told }> {
  const url = scenario.nodes[0]?.node.url ?? ''
  await room.write(url, ['kept 1', 'kept 2'])
  const fromMs = Date.now()
  const backup = await kind.take(server, scenario.switchTo(server), stack)
  await room.write(url, ['lost 1', 'lost 2', 'lost 3', 'lost 4', 'lost 5'])
  await pause(TAIL_MS)
  await scenario.watchers({ kind: 'away', only: [...room.early, ...room.late] })
  await interruption.begin(scenario)
  const restored = await backup.restore()
  const untilMs = Date.now()
  scenario.replaced({ fromMs, untilMs, lacksTail: true })
  const databaseUrl = scenario.switchTo(restored)
  if (!kind.isTimelineNew)
    await runScript('renew-epochs', databaseUrl).catch(({ message }: Error) => scenario.fail(message))
  await interruption.end(scenario)
  const burst = scenario.places.watchedBy(BURST.watchersEach).map(({ subscription }) => subscription)
  const replacement = { replacedAtMs: untilMs, backAtMs: Date.now() }
  return { server: restored, told: await bringBack(scenario, room, [...room.live, ...burst], replacement) }
}
