import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { lockDirectory } from '../../../src/engine/storage/directory-lock.ts'
import { makeTemporaryFolder } from '../../support/process.ts'
import { canUnshare, UNSHARE } from '../../support/unshare.ts'

const HOLDER = join(import.meta.dirname, 'lock-holder.ts')

async function givenDirectory(): Promise<string> {
  const folder = await makeTemporaryFolder('lock')
  onTestFinished(() => rm(folder, { recursive: true }))
  return folder
}

interface Attempt {
  readonly child: ChildProcess
  readonly said: string
}

/** Starts a process that tries to lock `directory`; resolves with the first line that it prints. */
async function attempt(directory: string, prefix: readonly string[] = []): Promise<Attempt> {
  const [file = '', ...args] = [...prefix, process.execPath, HOLDER, directory]
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [said] = await once(child.stdout.setEncoding('utf8'), 'data')
  return { child, said: String(said).trim() }
}

async function kill(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

describe('The lock of a directory', () => {
  test('is refused to a second process, with the directory, the holder and what to do', async () => {
    const directory = await givenDirectory()
    const first = await attempt(directory)
    const second = await attempt(directory)
    expect(first.said).toBe('locked')
    expect(second.said).toContain(`${directory} is in use by process ${first.child.pid} on host `)
    expect(second.said).toMatch(/ since \d{4}-.*Z\. Stop that process, set DATA_DIR .* DATABASE_URL/)
  })

  test('is refused to a process that has the same pid in a namespace of its own', async () => {
    const directory = await givenDirectory()
    const namespace = (await canUnshare()) ? UNSHARE : []
    const first = await attempt(directory, namespace)
    // What such a process would see: a holder with its own pid, also where namespaces are not to be had.
    await writeFile(join(directory, 'server.pid'), '1')
    const second = await attempt(directory, namespace)
    expect(first.said).toBe('locked')
    expect(second.said).toContain(`${directory} is in use by process `)
  })

  test('is refused while its holder is stopped, and free once that is killed', async () => {
    const directory = await givenDirectory()
    const first = await attempt(directory)
    first.child.kill('SIGSTOP')
    expect((await attempt(directory)).said).toContain('in use')
    await kill(first.child)
    expect((await attempt(directory)).said).toBe('locked')
  })

  test('is given to exactly one of many that start at the same moment', async () => {
    const directory = await givenDirectory()
    const attempts = await Promise.all(Array.from({ length: 5 }, () => attempt(directory)))
    const said = attempts.map((each) => each.said)
    expect(said.filter((line) => line === 'locked')).toHaveLength(1)
    expect(said.filter((line) => line.includes('in use'))).toHaveLength(4)
  })

  test('is not kept by files that a dead holder or a person left behind', async () => {
    const directory = await givenDirectory()
    await writeFile(join(directory, 'server.pid'), '1')
    await writeFile(join(directory, 'server.lock'), `${process.ppid}\n`)
    await writeFile(join(directory, 'holder.json'), JSON.stringify({ pid: process.ppid, host: 'here' }))
    expect((await attempt(directory)).said).toBe('locked')
    expect(existsSync(join(directory, 'server.pid'))).toBe(false)
    expect((await attempt(directory)).said).toContain('in use')
  })

  test('is refused to the process that has it, and free after it unlocked', async () => {
    const directory = await givenDirectory()
    const unlock = lockDirectory(directory)
    expect(JSON.parse(readFileSync(join(directory, 'holder.json'), 'utf8'))).toMatchObject({
      pid: process.pid,
    })
    expect(() => lockDirectory(directory)).toThrow('in use')
    unlock()
    unlock()
    expect((await attempt(directory)).said).toBe('locked')
  })

  test('names a holder whose file cannot be read as another process', async () => {
    const directory = await givenDirectory()
    const unlock = lockDirectory(directory)
    await writeFile(join(directory, 'holder.json'), 'nothing that we wrote')
    expect(() => lockDirectory(directory)).toThrow(`${directory} is in use by another process. Stop`)
    unlock()
  })

  test('works in a directory whose path is longer than a socket’s may be', async () => {
    const directory = join(await givenDirectory(), 'd'.repeat(100), 'e'.repeat(100))
    await mkdir(directory, { recursive: true })
    expect((await attempt(directory)).said).toBe('locked')
    expect((await attempt(directory)).said).toContain('in use')
  })

  test('that cannot be had says why, and what to do', async () => {
    const directory = await givenDirectory()
    await mkdir(join(directory, 'server.lock'))
    expect(() => lockDirectory(directory)).toThrow(/server\.lock cannot be locked: .* DATA_DIR must be on /)
  })
})
