import { afterAll, beforeAll, expect, test } from 'vitest'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import { breachCount } from './check.ts'
import type { Fault } from './fault.ts'

const PATIENCE_MS = 120_000

/** Runs the short form of each, one after another, and expects no breach. */
export function testFaults(faults: readonly Fault[]): void {
  let postgres: PostgresServer

  beforeAll(async () => {
    postgres = await startPostgres()
  })

  afterAll(() => postgres[Symbol.asyncDispose]())

  test.each(faults.map((fault) => [fault.number, fault.name, fault] as const))(
    'breaks no promise over fault %i: %s',
    async (_number, _name, { run, mayReset = false }) => {
      const outcome = await run('short', Date.now() % 1_000_000, postgres)
      const shown = JSON.stringify(outcome)

      expect(outcome.broken, shown).toEqual([])
      expect(breachCount(outcome.result), shown).toBe(0)
      if (!mayReset) expect(outcome.result.resets, shown).toBe(0)
      expect(outcome.areAllAnswered, shown).toBe(true)
      expect(outcome.result.compared.entries, shown).toBeGreaterThan(0)
    },
    PATIENCE_MS,
  )
}
