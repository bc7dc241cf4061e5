import { sql } from 'drizzle-orm'
import { LRUCache } from 'lru-cache'
import type { UserId } from '../../engine/kernel/id.ts'
import type { Person } from '../../engine/kernel/person.ts'
import type { Database } from '../../engine/storage/database.ts'
import { isDatabaseUnavailable } from '../../engine/storage/faults.ts'

/** Stores the users seen with a valid token, and their names, without delaying anyone. */
export interface SeenUsers {
  see(person: Person): void
  /** Resolves when everyone seen so far is stored. */
  settled(): Promise<void>
  /** The database may have lost stored users: writes all remembered users again. */
  writeAgain(): void
  close(): void
}

type Seen = readonly [id: UserId, name: string]

const REMEMBERED = 100_000
const GATHER_MS = 20
const RETRY_MS = 1_000
const MAX_BATCH = 1_000

/**
 * Thousands may sign in at once: collects them briefly and writes them together. Retries while the database is
 * unavailable. `onFault` gets any other error, for one user: the others are written without that one.
 */
export function createSeenUsers(database: Database, onFault: (error: unknown) => void): SeenUsers {
  const known = new LRUCache<UserId, string>({ max: REMEMBERED })
  let waiting = new Map<UserId, string>()
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> = Promise.resolve()
  let isClosed = false

  /** Runs until nobody is waiting, or the database is unavailable. */
  async function write(): Promise<void> {
    while (waiting.size > 0) {
      const batch = [...waiting].slice(0, MAX_BATCH).sort(([one], [other]) => (one < other ? -1 : 1))
      for (const [id] of batch) waiting.delete(id)
      const unwritten = await writeAll(batch)
      if (unwritten.length === 0) continue
      // /ready reports it. Users seen since then replace those being retried.
      waiting = new Map([...unwritten, ...waiting])
      schedule(RETRY_MS)
      return
    }
  }

  /** Returns the users not yet written because the database is unavailable. */
  async function writeAll(batch: readonly Seen[]): Promise<readonly Seen[]> {
    try {
      await insert(database, batch)
      return []
    } catch (error) {
      if (isDatabaseUnavailable(error)) return batch
      if (batch.length === 1) {
        onFault(error)
        return []
      }
      const middle = Math.ceil(batch.length / 2)
      return [...(await writeAll(batch.slice(0, middle))), ...(await writeAll(batch.slice(middle)))]
    }
  }

  function writeNext(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    writing = writing.then(write)
    return writing
  }

  function schedule(delayMs: number): void {
    if (timer !== undefined || isClosed) return
    timer = setTimeout(() => void writeNext(), delayMs)
    timer.unref()
  }

  return {
    see({ id, name }) {
      if (known.get(id) === name) return
      known.set(id, name)
      waiting.set(id, name)
      schedule(GATHER_MS)
    },
    settled: () => writeNext(),
    writeAgain() {
      for (const [id, name] of known) waiting.set(id, name)
      if (waiting.size > 0) schedule(GATHER_MS)
    },
    close() {
      isClosed = true
      clearTimeout(timer)
    },
  }
}

async function insert(database: Database, batch: readonly Seen[]): Promise<void> {
  const rows = JSON.stringify(batch.map(([id, name]) => ({ id, name })))
  await database.execute(sql`
    INSERT INTO users (id, name) SELECT id, name FROM json_to_recordset(${rows}::json) AS row(id text, name text)
    ON CONFLICT (id) DO UPDATE SET name = excluded.name WHERE users.name <> excluded.name`)
}
