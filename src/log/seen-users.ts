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
  /** The database may have lost who was written: everybody is written again when next seen. */
  forget(): void
  close(): void
}

const REMEMBERED = 100_000
const GATHER_MS = 20
const RETRY_MS = 1_000

/** Thousands may sign in at once: they are gathered for a moment and written together; a failed write is repeated. */
export function createSeenUsers(database: Database): SeenUsers {
  const known = new LRUCache<UserId, string>({ max: REMEMBERED })
  let waiting = new Map<UserId, string>()
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> = Promise.resolve()
  let isClosed = false

  async function write(): Promise<void> {
    timer = undefined
    const batch = waiting
    waiting = new Map()
    const rows = [...batch].map(([id, name]) => ({ id, name })).sort((a, b) => (a.id < b.id ? -1 : 1))
    try {
      await database.execute(sql`
        INSERT INTO users (id, name) SELECT id, name FROM json_to_recordset(${JSON.stringify(rows)}::json) AS row(id text, name text)
        ON CONFLICT (id) DO UPDATE SET name = excluded.name WHERE users.name <> excluded.name`)
    } catch {
      // The record is away, which /ready says: what was seen since goes first.
      waiting = new Map([...batch, ...waiting])
      schedule(RETRY_MS)
    }
  }

  function schedule(delayMs: number): void {
    if (timer !== undefined || isClosed) return
    timer = setTimeout(() => {
      writing = write()
    }, delayMs)
    timer.unref()
  }

  return {
    see({ id, name }) {
      if (known.get(id) === name) return
      known.set(id, name)
      waiting.set(id, name)
      schedule(GATHER_MS)
    },
    async settled() {
      clearTimeout(timer)
      await writing
      if (waiting.size > 0) writing = write()
      await writing
    },
    forget: () => known.clear(),
    close() {
      isClosed = true
      clearTimeout(timer)
    },
  }
}
