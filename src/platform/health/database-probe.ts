import { sql } from 'drizzle-orm'
import { every } from '../../engine/kernel/every.ts'
import { type Instant, instant } from '../../engine/kernel/instant.ts'
import type { DatabaseActivity } from '../../engine/storage/activity.ts'
import type { Database } from '../../engine/storage/database.ts'
import { isDiskFull, isReadOnly } from '../../engine/storage/faults.ts'
import type { Degradation } from './part-health.ts'

/** Looks at the database again and again: it must answer, take writes, and have space for them. */
export interface DatabaseProbe {
  /** What the latest look found; of space, also what a write has found since. */
  problem(): Degradation | undefined
  close(): void
}

export interface DatabaseProbeOptions {
  /** Connections that no other work can take. */
  readonly database: Database
  readonly activity: Pick<DatabaseActivity, 'diskFullAt'>
  readonly lookEveryMs?: number
}

const LOOK_EVERY_MS = 2_000
const LOOK_TIMEOUT_MS = 4_000
const NO_WRITES = 'It takes no writes.'
const NO_SPACE = 'It has no space left for writes.'

export function createDatabaseProbe({
  database,
  activity,
  lookEveryMs = LOOK_EVERY_MS,
}: DatabaseProbeOptions): DatabaseProbe {
  let found: string | undefined
  let since: Instant | undefined
  /** A write that began then has found space. */
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
 * More than one page of the table that each command makes longer, rolled back: where a page is left somewhere, less might
 * find room on a full disk.
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
