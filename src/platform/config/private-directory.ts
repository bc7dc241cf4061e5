import { chmodSync, mkdirSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

const OWNER_ONLY = 0o700
const GROUP_AND_OTHERS = 0o077
const STICKY = 0o1000

/**
 * Creates `path` with mode 0700, or sets that mode on a directory that exists: PGlite creates files that every user may
 * write, so the directory above them has to keep others out. Returns a problem to report where the mode could not be
 * set. The server starts anyway: a root-owned volume that is open to this process's group is a common deployment.
 *
 * A directory with the sticky bit, such as /tmp, is shared on purpose and keeps its mode. Throws on the root directory.
 */
export function makePrivateDirectory(path: string): string | undefined {
  const directory = resolve(path)
  if (directory === dirname(directory)) {
    throw new Error(`${directory} is the root of the file system. Set DATA_DIR to a directory of its own.`)
  }
  mkdirSync(directory, { recursive: true, mode: OWNER_ONLY })
  const { mode } = statSync(directory)
  if ((mode & GROUP_AND_OTHERS) === 0) return undefined
  if ((mode & STICKY) !== 0) return problemOf(directory, 'it has the sticky bit, so it is shared on purpose')
  try {
    chmodSync(directory, OWNER_ONLY)
  } catch (error) {
    return problemOf(directory, error instanceof Error ? error.message : String(error))
  }
  if ((statSync(directory).mode & GROUP_AND_OTHERS) === 0) return undefined
  return problemOf(directory, 'the file system ignores modes')
}

function problemOf(directory: string, reason: string): string {
  return `${directory} is open to other users and its mode was not changed (${reason}). Run "chmod 700" on it as its owner, or set DATA_DIR to a directory that belongs to this user.`
}
