import { sql } from 'drizzle-orm'
import { LRUCache } from 'lru-cache'
import type { Person } from '../domain/person.ts'
import type { UserId } from '../kernel/id.ts'
import type { Database } from './database.ts'

/** Writes down who was seen with a valid token, and under which name, without holding anybody up. */
export interface SeenUsers {
  see(person: Person): void
  /** Resolves when everyone seen so far is written. */
  settled(): Promise<void>
  /** The database may have lost who was written: writes everybody who is remembered again. */
  writeAgain(): void
  close(): void
}

const REMEMBERED = 100_000
const GATHER_MS = 20
const RETRY_MS = 1_000
const MAX_BATCH = 1_000

/** Thousands may sign in at once: they are gathered for a moment and written together; a failed write is repeated. */
export function createSeenUsers(database: Database): SeenUsers {
  const known = new LRUCache<UserId, string>({ max: REMEMBERED })
  let waiting = new Map<UserId, string>()
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> = Promise.resolve()
  let isClosed = false

  /** Until nobody waits, or a write fails. */
  async function write(): Promise<void> {
    while (waiting.size > 0) {
      const batch = [...waiting].slice(0, MAX_BATCH)
      for (const [id] of batch) waiting.delete(id)
      const rows = batch.map(([id, name]) => ({ id, name })).sort((a, b) => (a.id < b.id ? -1 : 1))
      try {
        await database.execute(sql`
          INSERT INTO users (id, name) SELECT id, name FROM json_to_recordset(${JSON.stringify(rows)}::json) AS row(id text, name text)
          ON CONFLICT (id) DO UPDATE SET name = excluded.name WHERE users.name <> excluded.name`)
      } catch {
        // The record is away, which /ready says: what was seen since goes first.
        waiting = new Map([...batch, ...waiting])
        schedule(RETRY_MS)
        return
      }
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
