import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import { breachCount } from './check.ts'
import { FAULTS } from './faults.ts'

let postgres: PostgresServer

beforeAll(async () => {
  postgres = await startPostgres()
})

afterAll(() => postgres[Symbol.asyncDispose]())

describe('A deployment in a burst of mutations', () => {
  test.each(FAULTS.map((fault) => [fault.number, fault.name, fault] as const))(
    'breaks no promise over fault %i: %s',
    async (_number, _name, { run, mayReset = false }) => {
      const outcome = await run('short', Date.now() % 1_000_000, postgres)
      const shown = JSON.stringify(outcome)

      expect(outcome.broken, shown).toEqual([])
      expect(breachCount(outcome.figures), shown).toBe(0)
      if (!mayReset) expect(outcome.figures.resets, shown).toBe(0)
      expect(outcome.areAllAnswered, shown).toBe(true)
      expect(outcome.figures.compared.entries, shown).toBeGreaterThan(0)
    },
    120_000,
  )
})
