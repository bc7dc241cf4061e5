import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { folderWith, run } from '../../test/support/process.ts'
import { type LoadFigures, type LoadPlan, readFigures, wordsOfPlan } from './load.ts'

const SOURCES = join(import.meta.dirname, '../generator')
const BUILD = join(import.meta.dirname, '../build')
const HEADERS = ['histogram.h', 'processes.h', 'text.h']
/** The servers have core 0 for themselves. */
export const SERVER_CORE = '0'
const GENERATOR_CORE = '1'

const timeOf = async (path: string): Promise<number> =>
  stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  )

/** Resolves with the path of a program of `generator/`, compiled where its sources are newer. */
export async function build(name: 'load' | 'limit'): Promise<string> {
  const source = join(SOURCES, `${name}.cpp`)
  const program = join(BUILD, name)
  const files = [source, ...HEADERS.map((header) => join(SOURCES, header))]
  const newest = Math.max(...(await Promise.all(files.map(timeOf))))
  if ((await timeOf(program)) > newest) return program
  if (folderWith(['g++']) === undefined) {
    throw new Error(
      'There is no g++, which the load generator needs: install it (Debian: apt-get install g++)',
    )
  }
  await mkdir(BUILD, { recursive: true })
  await run('g++', ['-O2', '-std=c++17', '-Wall', '-Wextra', '-o', program, source])
  return program
}

/** Throws where cores can't be shared out: figures of servers that disturb each other are worth nothing. */
export function expectTaskset(): void {
  if (folderWith(['taskset']) !== undefined) return
  throw new Error(
    'There is no taskset, which pins processes: install it (Debian: apt-get install util-linux)',
  )
}

/** Pins a process and all its threads to the servers' core. */
export async function pinToServerCore(pid: number): Promise<void> {
  await run('taskset', ['-a', '-c', '-p', SERVER_CORE, String(pid)])
}

/** Writes a list that the generator reads, and returns its path. */
export async function writeList(folder: string, name: string, lines: readonly string[]): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, `${lines.join('\n')}\n`)
  return path
}

/** Runs the generator on its core. `onPhase` is called when a phase has been measured. Throws with what it complained of. */
export async function generate(plan: LoadPlan, onPhase?: () => void): Promise<LoadFigures> {
  const words = ['-c', GENERATOR_CORE, await build('load'), ...wordsOfPlan(plan)]
  const child = spawn('taskset', words, { stdio: ['ignore', 'pipe', 'pipe'] })
  let [printed, complaints] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text
    if (text.includes('"kind"')) onPhase?.()
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += text
  })
  const [code] = await once(child, 'close')
  if (complaints !== '') process.stderr.write(complaints)
  if (code !== 0) throw new Error(`the generator ended with ${code}: ${complaints}`)
  return readFigures(printed)
}
