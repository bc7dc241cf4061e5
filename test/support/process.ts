import { execFile, spawn } from 'node:child_process'
import { accessSync, constants, globSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'

export const run = promisify(execFile)

export interface ServerProcess {
  /** Undefined if it could not be started. */
  readonly pid: number | undefined
  /** Resolves with its output when it has exited. */
  readonly exited: Promise<string>
  hasExited(): boolean
  /** Sends the signal and waits for the exit; has no effect if it has already exited. */
  end(signal: NodeJS.Signals): Promise<void>
}

export interface ServerCommand {
  readonly file: string
  readonly args: readonly string[]
  /** Its working directory, from `makeTemporaryFolder`; removed if this process dies before the server was stopped. */
  readonly folder: string
  readonly user?: { readonly uid: number; readonly gid: number } | undefined
  /** The signal that kills it immediately, with its children. */
  readonly lethal: NodeJS.Signals
}

const TEMPORARY = 'rostrum-'

/** Creates a folder for `startProcess`. */
export function makeTemporaryFolder(name: string): Promise<string> {
  return mkdtemp(join(tmpdir(), `${TEMPORARY}${name}-`))
}

// Its standard input closes when the test process dies for any reason, including kill -9.
const WATCHDOG = `
  read -r _
  kill -s "$1" "$2" && while kill -0 "$2"; do sleep 0.1; done
  rm -rf "$3"
`

/** Starts a server that ends when this process does, at the latest. */
export function startProcess({ file, args, folder, user, lethal }: ServerCommand): ServerProcess {
  if (!folder.startsWith(join(tmpdir(), TEMPORARY))) throw new Error(`${folder} is none of ours to remove`)
  const child = spawn(file, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], ...user })
  const printed: string[] = []
  child.stdout.setEncoding('utf8').on('data', (text) => printed.push(text))
  child.stderr.setEncoding('utf8').on('data', (text) => printed.push(text))
  let over = false
  const exited = new Promise<string>((resolve) => {
    const finish = () => {
      over = true
      resolve(printed.join(''))
    }
    child.once('error', (error) => {
      printed.push(error.message)
      finish()
    })
    child.once('close', finish)
  })
  const signalName = lethal.replace('SIG', '')
  const watchdog = spawn('sh', ['-c', WATCHDOG, 'watchdog', signalName, String(child.pid), folder], {
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  watchdog.unref()
  void exited.then(() => watchdog.kill('SIGKILL'))
  return {
    pid: child.pid,
    exited,
    hasExited: () => over,
    async end(signal) {
      child.kill(signal)
      await exited
    },
  }
}

/** Resolves when `isReady` returns true. Throws with the server's output if it exits or is not ready in time. */
export async function untilReady(
  server: ServerProcess,
  isReady: () => Promise<boolean>,
  timeoutMs = 30_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs
  while (!server.hasExited()) {
    if (await isReady()) return
    if (Date.now() > deadline) {
      await server.end('SIGKILL')
      throw new Error(`The server was not ready within ${timeoutMs} ms:\n${await server.exited}`)
    }
    await pause(20)
  }
  throw new Error(`The server ended before it was ready:\n${await server.exited}`)
}

/** Retries when a start fails: another process may have taken the free port meanwhile. */
export async function startPatiently<Started>(start: () => Promise<Started>, attempts = 3): Promise<Started> {
  try {
    return await start()
  } catch (fault) {
    if (attempts <= 1) throw fault
    return startPatiently(start, attempts - 1)
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/**
 * The first folder, in PATH and then among the matches of `patterns` (newest version first), that contains all `files`.
 */
export function folderWith(files: readonly string[], patterns: readonly string[] = []): string | undefined {
  const byVersion = new Intl.Collator('en', { numeric: true })
  const usual = patterns.flatMap((pattern) => globSync(pattern).sort(byVersion.compare).reverse())
  const { PATH = '' } = process.env
  const inPath = PATH.split(delimiter).filter((folder) => folder !== '')
  return [...inPath, ...usual].find((folder) => files.every((file) => isExecutable(join(folder, file))))
}
