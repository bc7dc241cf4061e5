import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import { withClient } from '../support/postgres-databases.ts'
import type { Attack } from './attacker.ts'
import { promoteReplicas } from './faults/failover.ts'
import { attackNode } from './faults/hostile.ts'

const SEED = 7

let postgres: PostgresServer

beforeAll(async () => {
  postgres = await startPostgres()
})

afterAll(() => postgres[Symbol.asyncDispose]())

/** A database in which a topic always keeps its epoch. */
async function keepEpochs(databaseUrl: string): Promise<void> {
  await withClient(databaseUrl, (client) =>
    client.query(`
      CREATE FUNCTION keep_epoch() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN NEW.epoch := OLD.epoch; RETURN NEW; END $$;
      CREATE TRIGGER keep_epoch BEFORE UPDATE ON topics FOR EACH ROW EXECUTE FUNCTION keep_epoch()`),
  )
}

/** Limits that let everything through. */
const BOUNDLESS = {
  ...{ MAX_OPERATIONS_IN_FLIGHT: '100000', MAX_CONNECTIONS_PER_ADDRESS: '100000' },
  ...{ MAX_QUERY_COMPLEXITY: '1000000000', QUERY_COST_PER_SECOND: '1000000000' },
  ...{ MAX_QUERY_DEPTH: '100', MAX_QUERY_TOKENS: '100000' },
}
/** Clients share the event loop regardless of limits, which keeps a flood within the wide margin of the short form. */
const STRICT = { latency: 3, floorMs: 0, resident: 2 }
const FLOOD: Attack = {
  ...{ name: 'a flood', transports: ['websocket'], forMs: 4_000 },
  ...{ connections: 20, perConnection: 100, everyMs: 2_000, leaveAfterMs: 1_900 },
}

describe('What the faults compare', () => {
  test('misses the new epochs of a history that was replaced', async () => {
    const { result } = await promoteReplicas(1, SEED, keepEpochs)

    expect(result.breaches.untold, JSON.stringify(result)).toBeGreaterThan(0)
  }, 120_000)

  test('misses the limits on what a visitor may ask for', async () => {
    const { broken } = await attackNode({
      ...{ form: 'short', seed: SEED, postgres, env: BOUNDLESS, attacks: [FLOOD], bounds: STRICT },
    })

    expect(broken.join(' ')).toContain('The p99 of an honest')
  }, 120_000)
})
