import { glob, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'
import { PROJECT } from './cruise.ts'

/** `process.env`, however it is written: as a member, taken apart, or imported. */
const READS_ENVIRONMENT =
  /process\s*(\?\.|\.)\s*env\b|process\[['"]env['"]\]|\{[^{}]*\benv\b[^{}]*\}\s*=\s*process\b|from ['"](node:)?process['"]/

async function readersOfEnvironment(): Promise<readonly string[]> {
  const readers: string[] = []
  for await (const file of glob(join(PROJECT, 'src/**/*.ts'))) {
    if (READS_ENVIRONMENT.test(await readFile(file, 'utf8'))) readers.push(relative(PROJECT, file))
  }
  return readers
}

describe('the environment', () => {
  test('is read in one file', async () => {
    expect(await readersOfEnvironment()).toEqual(['src/config/environment.ts'])
  })

  test.each([
    'const port = process.env.PORT',
    "const port = process.env['PORT']",
    'const { env } = process',
    'const { argv, env: variables } = process',
    "import { env } from 'node:process'",
  ])('is known to be read by: %s', (line) => {
    expect(READS_ENVIRONMENT.test(line)).toBe(true)
  })

  test.each(['process.on("exit", stop)', 'const { argv } = process', 'readConfig(environment())'])(
    'is known not to be read by: %s',
    (line) => {
      expect(READS_ENVIRONMENT.test(line)).toBe(false)
    },
  )
})
