import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { PROJECT } from './cruise.ts'

const MOST = 300

test('A file of more than 300 lines says why in its first line', () => {
  const silent = globSync('src/**/*.ts', { cwd: PROJECT }).filter((file) => {
    const lines = readFileSync(join(PROJECT, file), 'utf8').split('\n')
    return lines.length > MOST + 1 && !/^\/\/ Over 300 lines: .{20,}/.test(lines[0] ?? '')
  })
  expect(silent).toEqual([])
})
