import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { folderWith, makeTemporaryFolder, startProcess, untilReady } from './process.ts'

describe('a server', () => {
  test('ends with its folder when the process that started it is killed', async () => {
    const processFile = join(import.meta.dirname, 'process.ts')
    const folder = await makeTemporaryFolder('orphan')
    const script = `
      import { startProcess } from ${JSON.stringify(processFile)}
      const folder = ${JSON.stringify(folder)}
      startProcess({ file: 'sh', args: ['-c', 'exec sleep 60'], folder, lethal: 'SIGKILL' })
      console.log('started')
      setInterval(() => {}, 1_000)
    `
    const stdio = ['inherit', 'pipe', 'inherit'] as const
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: [...stdio] })
    await once(parent.stdout, 'data')
    parent.kill('SIGKILL')
    await once(parent, 'exit')
    await vi.waitFor(() => expect(existsSync(folder)).toBe(false), 20_000)
  })

  test('that ends before it is ready says what it printed', async () => {
    const args = ['-c', 'echo no such luck >&2; exit 1']
    const folder = await makeTemporaryFolder('failing')
    const server = startProcess({ file: 'sh', args, folder, lethal: 'SIGKILL' })
    await expect(untilReady(server, async () => false)).rejects.toThrow('no such luck')
    await rm(folder, { recursive: true })
  })

  test('starts only in a folder that may be removed with it', () => {
    expect(() => startProcess({ file: 'true', args: [], folder: tmpdir(), lethal: 'SIGKILL' })).toThrow(
      'none of ours',
    )
  })
})

describe('looking for programs', () => {
  test('finds only a folder that holds them all', () => {
    expect(folderWith(['sh', 'env'])).toBeDefined()
    expect(folderWith(['sh', 'no-such-program'])).toBeUndefined()
  })
})
