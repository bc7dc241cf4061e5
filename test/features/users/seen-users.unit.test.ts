import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { asUserId } from '../../../src/engine/kernel/id.ts'
import type { Database } from '../../../src/engine/storage/database.ts'
import { DatabaseUnavailable } from '../../../src/engine/storage/faults.ts'
import { createSeenUsers } from '../../../src/features/users/seen-users.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A record that takes some names and not others. */
function given(refuse: (name: string) => Error | undefined) {
  const written: string[] = []
  const faults: unknown[] = []
  const database = {
    async execute(statement: { readonly queryChunks: readonly unknown[] }) {
      const rows = statement.queryChunks.find((chunk) => typeof chunk === 'string')
      const names = (JSON.parse(String(rows)) as { readonly name: string }[]).map(({ name }) => name)
      const refusal = names.map(refuse).find((error) => error !== undefined)
      if (refusal !== undefined) throw refusal
      written.push(...names)
    },
  } as unknown as Database
  const users = createSeenUsers(database, (error) => faults.push(error))
  const see = (...names: string[]) => {
    for (const name of names) users.see({ id: asUserId(name), name })
  }
  return { see, written, faults }
}

test('A user who cannot be written is reported and does not block the others', async () => {
  const fault = new Error('text that no column takes')
  const { see, written, faults } = given((name) => (name === 'c' ? fault : undefined))
  see('a', 'b', 'c', 'd', 'e')
  await vi.advanceTimersByTimeAsync(50)
  expect(written).toEqual(['a', 'b', 'd', 'e'])
  expect(faults).toEqual([fault])
})

test('Users are written when the database is back, and nothing is reported', async () => {
  let isAway = true
  const { see, written, faults } = given(() => (isAway ? new DatabaseUnavailable() : undefined))
  see('a', 'b')
  await vi.advanceTimersByTimeAsync(1_500)
  isAway = false
  await vi.advanceTimersByTimeAsync(1_500)
  expect(written).toEqual(['a', 'b'])
  expect(faults).toEqual([])
})
