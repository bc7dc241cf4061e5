import { sql } from 'drizzle-orm'
import { every } from '../../engine/kernel/every.ts'
import { type Instant, instant } from '../../engine/kernel/instant.ts'
import type { DatabaseActivity } from '../../engine/storage/activity.ts'
import type { Database } from '../../engine/storage/database.ts'
import { isDiskFull, isReadOnly } from '../../engine/storage/faults.ts'
import type { Degradation } from './part-health.ts'

/** Probes the database periodically: it must answer, accept writes, and have disk space for them. */
export interface DatabaseProbe {
  /** Result of the latest probe; for disk space, also of writes since. */
  problem(): Degradation | undefined
  close(): void
}

export interface DatabaseProbeOptions {
  /** Connections reserved for probes. */
  readonly database: Database
  readonly activity: Pick<DatabaseActivity, 'diskFullAt'>
  readonly lookEveryMs?: number
}

const LOOK_EVERY_MS = 2_000
const LOOK_TIMEOUT_MS = 4_000
const NO_WRITES = 'It accepts no writes.'
const NO_SPACE = 'It has no disk space left.'

export function createDatabaseProbe({
  database,
  activity,
  lookEveryMs = LOOK_EVERY_MS,
}: DatabaseProbeOptions): DatabaseProbe {
  let found: string | undefined
  let since: Instant | undefined
  /** A write that began at that time succeeded. */
  let writtenAt = Number.NEGATIVE_INFINITY

  function isSpaceInDoubt(): boolean {
    return (activity.diskFullAt() ?? Number.NEGATIVE_INFINITY) > writtenAt
  }

  async function ask(): Promise<string | undefined> {
    if (await refusesWrites(database)) return NO_WRITES
    if (!isSpaceInDoubt()) return undefined
    const beganAt = performance.now()
    await write(database)
    writtenAt = beganAt
    return undefined
  }

  async function look(): Promise<void> {
    found = await inTime(ask().catch(messageOf))
  }

  const looks = every(look, { everyMs: lookEveryMs, firstMs: 0, onFault: () => {} })
  return {
    problem() {
      const message = found ?? (isSpaceInDoubt() ? NO_SPACE : undefined)
      if (message === undefined) {
        since = undefined
        return undefined
      }
      since ??= instant(Date.now())
      return { since, message }
    },
    close() {
      void looks.close()
    },
  }
}

function messageOf(error: unknown): string {
  if (isDiskFull(error)) return NO_SPACE
  return isReadOnly(error) ? NO_WRITES : 'It cannot be reached.'
}

async function inTime(answer: Promise<string | undefined>): Promise<string | undefined> {
  const timeout = Promise.withResolvers<string>()
  const timer = setTimeout(() => timeout.resolve('It did not answer in time.'), LOOK_TIMEOUT_MS)
  try {
    return await Promise.race([timeout.promise, answer])
  } finally {
    clearTimeout(timer)
  }
}

async function refusesWrites(database: Database): Promise<boolean> {
  const { rows } = await database.execute<{ readonly: string }>(
    sql`SELECT current_setting('transaction_read_only') AS readonly`,
  )
  return rows[0]?.readonly === 'on'
}

class RollBack extends Error {}

/**
 * Writes more than one page to the table that every command appends to, and rolls back. On a full disk a smaller write
 * might still fit into a partly filled page.
 */
async function write(database: Database): Promise<void> {
  const writing = database.transaction(async (tx) => {
    await tx.execute(sql`
      INSERT INTO entries (topic, "offset", at, type, data)
      SELECT 'probe:' || pg_backend_pid(), number, clock_timestamp(), 'Probe',
        json_build_object('padding', (SELECT string_agg(md5(random()::text), '') FROM generate_series(1, 50)))
      FROM generate_series(1, 8) AS number`)
    throw new RollBack()
  })
  await writing.catch((error: unknown) => {
    if (!(error instanceof RollBack)) throw error
  })
}
