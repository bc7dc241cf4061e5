import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { readDevSecret } from '../../../src/platform/config/dev-secret.ts'
import { makePrivateDirectory } from '../../../src/platform/config/private-directory.ts'

function givenFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'rostrum-private-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

const modeOf = (path: string) => statSync(path).mode & 0o7777

describe('A private directory', () => {
  test('is created for its owner only, including its parents', () => {
    const folder = givenFolder()
    expect(makePrivateDirectory(join(folder, 'a', 'b'))).toBeUndefined()
    expect(modeOf(join(folder, 'a', 'b'))).toBe(0o700)
  })

  test('is closed to others if it exists', () => {
    const folder = join(givenFolder(), 'open')
    mkdirSync(folder)
    chmodSync(folder, 0o775)
    expect(makePrivateDirectory(folder)).toBeUndefined()
    expect(modeOf(folder)).toBe(0o700)
  })

  test('is never a shared one: its mode stays, and the problem says what to do', () => {
    const folder = join(givenFolder(), 'shared')
    mkdirSync(folder)
    chmodSync(folder, 0o1777)
    expect(makePrivateDirectory(folder)).toMatch(/sticky bit.* Run "chmod 700".* set DATA_DIR/)
    expect(modeOf(folder)).toBe(0o1777)
  })

  test('is not the root of the file system', () => {
    expect(() => makePrivateDirectory('/')).toThrow('Set DATA_DIR to a directory of its own')
  })

  test('contains the development secret', () => {
    const folder = join(givenFolder(), 'data')
    mkdirSync(folder)
    chmodSync(folder, 0o755)
    expect(readDevSecret({ DATA_DIR: folder })).toHaveLength(43)
    expect(modeOf(folder)).toBe(0o700)
    expect(modeOf(join(folder, 'jwt-secret'))).toBe(0o600)
  })
})
