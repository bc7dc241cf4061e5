import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { codeOf } from './error-code.ts'
import { makePrivateDirectory } from './private-directory.ts'

type Environment = Readonly<Record<string, string | undefined>>

const FILE = 'jwt-secret'
const BYTES = 32

/**
 * Returns the secret that signs development tokens on a server without configured keys. It is stored in DATA_DIR, so
 * that a token stays valid across a restart. Tests get a new one each time and leave no file behind.
 */
export function readDevSecret(env: Environment): string {
  if (env['NODE_ENV'] === 'test') return newSecret()
  const directory = env['DATA_DIR'] || './.data'
  const path = join(directory, FILE)
  // The file has its own mode. The embedded database reports a directory that stays open.
  makePrivateDirectory(directory)
  try {
    writeFileSync(path, newSecret(), { mode: 0o600, flag: 'wx' })
  } catch (error) {
    // Another process created the file, perhaps concurrently.
    if (codeOf(error) !== 'EEXIST') throw error
  }
  return readFileSync(path, 'utf8').trim()
}

export function newSecret(): string {
  return randomBytes(BYTES).toString('base64url')
}
