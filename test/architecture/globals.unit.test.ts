import { glob, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'
import { PROJECT } from './cruise.ts'

/** `process.env`, however it is written: as a member, taken apart, or imported. */
const READS_ENVIRONMENT =
  /process\s*(\?\.|\.)\s*env\b|process\[['"]env['"]\]|\{[^{}]*\benv\b[^{}]*\}\s*=\s*process\b|from ['"](node:)?process['"]/

/** The clock, timers, chance and the process: what makes an answer differ from one call to the next. */
const IS_IMPURE =
  /\bDate\.now\b|\bnew Date\(\s*\)|\bDate\(\s*\)|\bperformance\b|\bset(Timeout|Interval|Immediate)\b|\bMath\.random\b|\bcrypto\b|\bprocess\b|\bfetch\(/

async function filesWith(pattern: RegExp, files: string): Promise<readonly string[]> {
  const found: string[] = []
  for await (const file of glob(join(PROJECT, files))) {
    if (pattern.test(await readFile(file, 'utf8'))) found.push(relative(PROJECT, file))
  }
  return found
}

describe('the environment', () => {
  test('is read in one file', async () => {
    expect(await filesWith(READS_ENVIRONMENT, 'src/**/*.ts')).toEqual(['src/platform/config/environment.ts'])
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

describe('the rules of features', () => {
  test('read neither a clock nor random numbers', async () => {
    expect(await filesWith(IS_IMPURE, 'src/features/*/rules/**/*.ts')).toEqual([])
  })

  test.each([
    'const now = Date.now()',
    'const now = new Date()',
    'setTimeout(close, 1000)',
    'if (Math.random() < 0.5) return',
    'const id = crypto.randomUUID()',
  ])('would not be pure with: %s', (line) => {
    expect(IS_IMPURE.test(line)).toBe(true)
  })

  test.each(['const day = new Date(instant)', 'const { now } = context', 'later(now, ms)'])(
    'may say: %s',
    (line) => {
      expect(IS_IMPURE.test(line)).toBe(false)
    },
  )
})
