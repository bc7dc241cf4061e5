import { sql } from 'drizzle-orm'
import { type Instant, instant } from '../kernel/instant.ts'
import type { Database } from '../log/database.ts'
import type { Bus } from '../pubsub/bus.ts'

/** Why this node should get no traffic. */
export interface Problem {
  readonly part: 'database' | 'bus' | 'draining'
  readonly since: Instant
  /** For operators; holds no password. */
  readonly message: string
}

/** Whether a mutation here would work, and a subscriber here would hear of it. */
export interface Readiness {
  /** What is wrong, from what is known now: answers at once. */
  problems(): readonly Problem[]
  /** From now on the node wants no traffic. */
  startDraining(): void
  close(): void
}

const LOOK_EVERY_MS = 2_000
const LOOK_TIMEOUT_MS = 4_000

/** Looks at the database every two seconds: it must answer, and take writes. The bus probes itself. */
export function createReadiness(database: Database, bus: Bus): Readiness {
  let databaseProblem: Problem | undefined
  let drainingSince: Instant | undefined
  let isClosed = false
  let timer: NodeJS.Timeout | undefined

  async function look(): Promise<void> {
    const message = await fault(database)
    const since = databaseProblem?.since ?? instant(Date.now())
    databaseProblem = message === undefined ? undefined : { part: 'database', since, message }
    if (isClosed) return
    timer = setTimeout(() => void look(), LOOK_EVERY_MS)
    timer.unref()
  }

  void look()
  return {
    problems() {
      const problems: Problem[] = []
      if (databaseProblem !== undefined) problems.push(databaseProblem)
      const status = bus.status()
      if (status.kind === 'down') problems.push({ part: 'bus', since: status.since, message: status.message })
      if (drainingSince !== undefined) {
        problems.push({ part: 'draining', since: drainingSince, message: 'The node is shutting down.' })
      }
      return problems
    },
    startDraining() {
      drainingSince ??= instant(Date.now())
    },
    close() {
      isClosed = true
      clearTimeout(timer)
    },
  }
}

/** What keeps the database from serving; undefined when nothing does. Never rejects. */
async function fault(database: Database): Promise<string | undefined> {
  const timeout = Promise.withResolvers<string>()
  const timer = setTimeout(() => timeout.resolve('It did not answer in time.'), LOOK_TIMEOUT_MS)
  try {
    return await Promise.race([timeout.promise, ask(database)])
  } finally {
    clearTimeout(timer)
  }
}

async function ask(database: Database): Promise<string | undefined> {
  try {
    const { rows } = await database.execute<{ readonly: string }>(
      sql`SELECT current_setting('transaction_read_only') AS readonly`,
    )
    return rows[0]?.readonly === 'on' ? 'It takes no writes.' : undefined
  } catch {
    return 'It can not be reached.'
  }
}
