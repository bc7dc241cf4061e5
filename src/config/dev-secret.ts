import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makePrivateDirectory } from './private-directory.ts'

type Environment = Readonly<Record<string, string | undefined>>

const FILE = 'jwt-secret'
const BYTES = 32

/**
 * `env` with a JWT_SECRET for development, where nothing signs tokens and this is not production: kept in
 * DATA_DIR, so that a token outlives a restart.
 */
export function withDevSecret(env: Environment): Environment {
  if (env['NODE_ENV'] === 'production' || env['NODE_ENV'] === 'test' || env['JWT_SECRET'] || env['JWKS_URL'])
    return env
  const directory = env['DATA_DIR'] || './.data'
  const path = join(directory, FILE)
  // The file has its own mode. The embedded database reports a directory that stays open.
  makePrivateDirectory(directory)
  try {
    writeFileSync(path, randomBytes(BYTES).toString('base64url'), { mode: 0o600, flag: 'wx' })
  } catch (error) {
    // Another start made it, maybe just now.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  return { ...env, JWT_SECRET: readFileSync(path, 'utf8').trim() }
}
