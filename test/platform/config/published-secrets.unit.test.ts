import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readConfig } from '../../../src/platform/config/config.ts'
import { isPublishedSecret } from '../../../src/platform/config/published-secrets.ts'

const ROOT = join(import.meta.dirname, '../../..')
/** Files that operators and developers copy from. Secrets of tests and benchmarks never reach a deployment. */
const COPIED = [
  'ops',
  'compose.yaml',
  'docs',
  'README.md',
  'examples',
  'client/README.md',
  'Dockerfile',
  '.ci',
]

const ASSIGNED = /\b[A-Z_]*(?:SECRET|PASSWORD)\b["']?[ \t]*(?::-|[:=][ \t]*)["']?([^\s"'`}$|?-][^\s"'`}$|]*)/g
const IN_ADDRESS = /:\/\/[^\s/:@"'`]*:([^\s/:@"'`$]+)@/g

/** The values in `text` where a secret belongs. */
function secretsIn(text: string): readonly string[] {
  return [ASSIGNED, IN_ADDRESS]
    .flatMap((pattern) => [...text.matchAll(pattern)].map(([, value = '']) => value))
    .filter((value) => !/^[….]+$/.test(value) && !/^(?:user)?password$/.test(value))
}

const files = execFileSync('git', ['ls-files', '-z', ...COPIED], { cwd: ROOT, encoding: 'utf8' })
  .split('\0')
  .filter((path) => /(?:\.(?:ya?ml|md|mjs|ts|tsx|json|conf|kts|env)|Dockerfile|run)$/.test(path))

function problemsOf(env: Readonly<Record<string, string>>): readonly string[] {
  const read = readConfig(env)
  return read.kind === 'invalid' ? read.problems : []
}

describe('A secret that the files of the project show', () => {
  test('is found wherever it may stand', () => {
    expect(secretsIn('JWT_SECRET: hush\n  POSTGRES_PASSWORD="tell" {JWT_SECRET:-dark}')).toEqual([
      'hush',
      'tell',
      'dark',
    ])
    expect(secretsIn('postgres://app:deep@db/app and JWT_SECRET=… and {JWT_SECRET:?choose}')).toEqual([
      'deep',
    ])
    expect(files.length).toBeGreaterThan(40)
  })

  test('is one that the server refuses', () => {
    const shown = files.flatMap((path) => secretsIn(readFileSync(join(ROOT, path), 'utf8')))
    expect(shown.filter((value) => !isPublishedSecret(value))).toEqual([])
  })
})

describe.each(['production', 'development', 'test'])('In %s a placeholder', (mode) => {
  const GOOD = { NODE_ENV: mode, JWT_SECRET: 'x'.repeat(32) }

  test.each([
    ['JWT_SECRET', 'change-me-to-at-least-32-random-bytes'],
    ['JWT_SECRET', ' Change-Me-To-At-Least-32-Random-Bytes\n'],
    ['JWT_SECRET', 'replace_me_with_something_of_32_bytes'],
    ['JWT_SECRET', 'your-jwt-secret-of-at-least-32-bytes-here'],
    ['JWT_SECRET', '<at least thirty-two bytes of your own>'],
    ['NOTIFICATION_WEBHOOK_SECRET', 'whsec_change-me'],
    ['DATABASE_URL', 'postgres://rostrum:change-me@postgres:5432/rostrum'],
    ['DATABASE_URL', 'postgres://rostrum:change%2Dme@postgres:5432/rostrum'],
    ['DATABASE_URL', 'postgres://rostrum@postgres:5432/rostrum?password=change-me'],
    ['REDIS_URL', 'redis://:change-me@redis:6379'],
  ])('as %s=%j is refused, and not repeated', (name, value) => {
    const hook = { NOTIFICATION_WEBHOOK_URL: 'https://hook.example/in' }
    const problems = problemsOf({ ...GOOD, ...hook, [name]: value })
    expect(problems).toEqual([
      `${name}: contains a publicly known placeholder; expected a secret of your own`,
    ])
  })

  test('is distinguished from secrets that only resemble one', () => {
    for (const JWT_SECRET of [
      'exchange-me-not-0123456789abcdef0123',
      'dont-change-me-0123456789abcdef01234',
    ]) {
      expect(problemsOf({ ...GOOD, JWT_SECRET })).toEqual([])
    }
  })
})
