import { rm, writeFile } from 'node:fs/promises'
import { findPostgres } from './postgres.ts'
import { folderWith, run } from './process.ts'
import { findRedis } from './redis.ts'

export interface Needed {
  readonly redis: boolean
  readonly postgres: boolean
}

const POLICY = '/usr/sbin/policy-rc.d'

/** Installs the named packages without letting Debian start their services. */
async function install(packages: readonly string[]): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
  // Exit code 101 of policy-rc.d forbids starting services. An existing policy is kept.
  const isPolicyOurs = await writeFile(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755, flag: 'wx' }).then(
    () => true,
    () => false,
  )
  try {
    await run('apt-get', ['update'], { env })
    await run('apt-get', ['install', '-y', '--no-install-recommends', ...packages], { env })
  } finally {
    if (isPolicyOurs) await rm(POLICY, { force: true })
  }
}

function missing(needed: Needed): string[] {
  return [
    ...(needed.redis && findRedis() === undefined ? ['redis-server'] : []),
    ...(needed.postgres && findPostgres() === undefined ? ['postgresql'] : []),
  ]
}

/**
 * Resolves when the servers that the tests need are installed, installing them if permitted. Throws if they are
 * missing.
 */
export async function providePackages(needed: Needed): Promise<void> {
  const packages = missing(needed)
  if (packages.length === 0) return
  if (process.getuid?.() === 0 && folderWith(['apt-get']) !== undefined) await install(packages)
  const still = missing(needed)
  if (still.length === 0) return
  throw new Error(
    `The tests need ${still.join(' and ')}: install ${still.length === 1 ? 'it' : 'them'} (on Debian: ` +
      `apt-get install ${still.join(' ')}), or name running servers in ROSTRUM_TEST_DATABASE_URL and ROSTRUM_TEST_REDIS_URL. ` +
      'Tests that kill servers need the programs in any case.',
  )
}
