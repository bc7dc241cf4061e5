import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { asUserId } from '../../../src/engine/kernel/id.ts'
import type { OpenDatabase } from '../../../src/engine/storage/open-database.ts'
import { createSeenUsers, type SeenUsers } from '../../../src/features/users/seen-users.ts'
import { users } from '../../../src/features/users/tables.ts'
import { openDatabase } from '../../support/database.ts'
import { freshDatabase } from '../../support/postgres-shared.ts'

let record: OpenDatabase
let seen: SeenUsers

const countStored = async (): Promise<number> => (await record.database.select().from(users)).length

describe('seen users', () => {
  beforeEach(async () => {
    record = await openDatabase({ url: await freshDatabase(), directory: '', onConnectionError: () => {} })
    seen = createSeenUsers(record.database, (error) => {
      throw error
    })
  })
  afterEach(async () => {
    seen.close()
    await record.close()
  })

  test('are all written, however many come at once', async () => {
    for (let n = 0; n < 2_500; n += 1) seen.see({ id: asUserId(`user ${n}`), name: `User ${n}` })
    await seen.settled()
    expect(await countStored()).toBe(2_500)
  })

  test('are written again when the database has lost them, even without a new sign-in', async () => {
    for (let n = 0; n < 1_500; n += 1) seen.see({ id: asUserId(`user ${n}`), name: `User ${n}` })
    await seen.settled()
    await record.database.delete(users)
    seen.writeAgain()
    await seen.settled()
    expect(await countStored()).toBe(1_500)
  })
})
