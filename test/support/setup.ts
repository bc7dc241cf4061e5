import { randomBytes } from 'node:crypto'
import type { TestProject } from 'vitest/node'
import { buildLivePage } from './live-page.ts'
import { startPostgres } from './postgres.ts'
import { dropDatabases } from './postgres-databases.ts'
import { startRedis } from './redis.ts'
import { providePackages } from './setup-packages.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    readonly redisUrl: string
    readonly postgresUrl: string
    /** Prefix of all databases created by this run. */
    readonly databasePrefix: string
  }
}

/** Starts the servers shared by all tests of a run, or uses those named in the environment. Stops what it started. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { ROSTRUM_TEST_DATABASE_URL: givenPostgres, ROSTRUM_TEST_REDIS_URL: givenRedis } = process.env
  await providePackages({ redis: !givenRedis, postgres: !givenPostgres })
  const databasePrefix = `rostrum_test_${randomBytes(4).toString('hex')}_`
  const [postgres, redis] = await Promise.all([
    givenPostgres ? { url: givenPostgres } : startPostgres(),
    givenRedis ? { url: givenRedis } : startRedis(),
    buildLivePage(),
  ])
  project.provide('postgresUrl', postgres.url)
  project.provide('redisUrl', redis.url)
  project.provide('databasePrefix', databasePrefix)
  return async () => {
    if (givenPostgres) await dropDatabases(givenPostgres, databasePrefix)
    for (const server of [postgres, redis]) {
      if (Symbol.asyncDispose in server) await server[Symbol.asyncDispose]()
    }
  }
}
