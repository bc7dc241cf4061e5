import {
  accessSync,
  closeSync,
  constants,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** The file that carries the operating system's lock. It stays empty and is never deleted: see ADR 15. */
const LOCK_FILE = 'server.lock'
/** Names the lock holder for people. It decides nothing, so a stale file blocks nobody. */
const HOLDER_FILE = 'holder.json'
/** The pid file that was the lock in version 0.1.0. No longer read. */
const FORMER_LOCK = 'server.pid'

/**
 * Two processes that lock at the same moment each hold a part of the lock for an instant. With this wait one of them
 * succeeds; without it both may fail.
 */
const PATIENCE_MS = 500

/** https://sqlite.org/rescode.html */
const SQLITE_BUSY = 5
const SQLITE_NOTADB = 26
/** The upper bits of an extended result code hold details. */
const PRIMARY_CODE = 0xff

/** Keeps the `DatabaseSync` reachable: the garbage collector would close it and release the lock. */
const held = new Set<DatabaseSync>()

/**
 * Locks `directory` for this process and returns a function that unlocks it. Throws if another process holds it, in any PID
 * namespace, or if this process already does. The lock is the operating system's: acquiring it is atomic, and
 * it ends with the process that holds it, even after a crash.
 */
export function lockDirectory(directory: string): () => void {
  const path = join(directory, LOCK_FILE)
  createEmpty(path)
  const lock = take(path)
  if (lock === undefined) throw new Error(inUse(directory))
  held.add(lock)
  rmSync(join(directory, FORMER_LOCK), { force: true })
  writeHolder(directory)
  return () => {
    if (!held.delete(lock)) return
    rmSync(join(directory, HOLDER_FILE), { force: true })
    lock.close()
  }
}

/**
 * Opens the file only if it is new: a process that closes any descriptor of a file loses its POSIX locks on that file.
 * Throws the file system's error if it can't be written, which is clearer than SQLite's.
 */
function createEmpty(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    const exists = error instanceof Error && 'code' in error && error.code === 'EEXIST'
    if (!exists) throw error
    accessSync(path, constants.R_OK | constants.W_OK)
  }
}

/** Undefined if another process holds the lock. */
function take(path: string): DatabaseSync | undefined {
  try {
    return begin(path)
  } catch (error) {
    if (codeOf(error) === SQLITE_BUSY) return undefined
    if (codeOf(error) !== SQLITE_NOTADB) throw notLockable(path, error)
  }
  // Something wrote to the file. The lock needs no content.
  truncateSync(path)
  try {
    return begin(path)
  } catch (error) {
    if (codeOf(error) === SQLITE_BUSY) return undefined
    throw notLockable(path, error)
  }
}

/** A transaction that writes nothing and never ends. In memory: a journal would be one more file. */
function begin(path: string): DatabaseSync {
  const lock = new DatabaseSync(path)
  try {
    lock.exec(`PRAGMA busy_timeout = ${PATIENCE_MS}; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE`)
    return lock
  } catch (error) {
    lock.close()
    throw error
  }
}

function codeOf(error: unknown): number | undefined {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined
  return typeof code === 'number' ? code & PRIMARY_CODE : undefined
}

function notLockable(path: string, error: unknown): Error {
  const reason = error instanceof Error ? error.message : String(error)
  return new Error(
    `${path} cannot be locked: ${reason}. DATA_DIR must be on a file system with POSIX locks, and its path at most 490 bytes long.`,
    { cause: error },
  )
}

function writeHolder(directory: string): void {
  const holder = { pid: process.pid, host: hostname(), since: new Date().toISOString() }
  try {
    writeFileSync(join(directory, HOLDER_FILE), `${JSON.stringify(holder)}\n`, { mode: 0o600 })
  } catch {
    // The lock holds without this file, for example on a full disk.
  }
}

function inUse(directory: string): string {
  return (
    `${directory} is in use by ${readHolder(directory)}. Stop that process, set DATA_DIR to another directory, ` +
    'or set DATABASE_URL to run several servers on one PostgreSQL.'
  )
}

function readHolder(directory: string): string {
  try {
    const { pid, host, since } = JSON.parse(readFileSync(join(directory, HOLDER_FILE), 'utf8'))
    return `process ${Number(pid)} on host ${String(host)} since ${new Date(since).toISOString()}`
  } catch {
    return 'another process'
  }
}
