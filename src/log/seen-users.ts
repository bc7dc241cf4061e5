import { sql } from 'drizzle-orm'
import { LRUCache } from 'lru-cache'
import type { Person } from '../domain/person.ts'
import type { UserId } from '../kernel/id.ts'
import type { Database } from './database.ts'
import { isRecordUnavailable } from './faults.ts'

/** Writes down who was seen with a valid token, and under which name, without holding anybody up. */
export interface SeenUsers {
  see(person: Person): void
  /** Resolves when everyone seen so far is written. */
  settled(): Promise<void>
  close(): void
}

type Seen = readonly [id: UserId, name: string]

const REMEMBERED = 100_000
const GATHER_MS = 20
const RETRY_MS = 1_000

/**
 * Thousands may sign in at once: they are gathered for a moment and written together. While the record is away the write is
 * repeated. `onFault` gets any other fault, of one user: the others are written without that one.
 */
export function createSeenUsers(database: Database, onFault: (error: unknown) => void): SeenUsers {
  const known = new LRUCache<UserId, string>({ max: REMEMBERED })
  let waiting = new Map<UserId, string>()
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> = Promise.resolve()
  let isClosed = false

  async function write(): Promise<void> {
    timer = undefined
    const batch = [...waiting].sort(([one], [other]) => (one < other ? -1 : 1))
    waiting = new Map()
    await writeAll(batch)
  }

  async function writeAll(batch: readonly Seen[]): Promise<void> {
    try {
      await insert(database, batch)
    } catch (error) {
      if (isRecordUnavailable(error)) {
        // /ready says so. What was seen since replaces what is repeated.
        waiting = new Map([...batch, ...waiting])
        schedule(RETRY_MS)
      } else if (batch.length === 1) onFault(error)
      else {
        const middle = Math.ceil(batch.length / 2)
        await writeAll(batch.slice(0, middle))
        await writeAll(batch.slice(middle))
      }
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
