import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { writeManifest } from '../support/manifest.ts'
import { makeTemporaryFolder, run } from '../support/process.ts'

const MAIN = join(import.meta.dirname, '../../src/main.ts')

/** Starts a node with only these variables, expecting an error. */
async function startInVain(env: Readonly<Record<string, string>>) {
  const folder = await makeTemporaryFolder('vain')
  try {
    const over = run(process.execPath, [MAIN], { cwd: folder, env: { DATA_DIR: folder, ...env } })
    const { code, stdout, stderr } = await over.then(
      () => ({ code: 0, stdout: '', stderr: '' }),
      (refusal: { readonly code: number; readonly stdout: string; readonly stderr: string }) => refusal,
    )
    return { code, stdout, lines: stderr.trimEnd().split('\n') }
  } finally {
    await rm(folder, { recursive: true })
  }
}

const nameOf = (line: string) => line.split(':')[0]

describe('A start with configuration errors', () => {
  test('prints a line per variable and exits 1', async () => {
    const { code, stdout, lines } = await startInVain({
      PORT: 'http',
      HOST: 'no host',
      LOG_LEVEL: 'loud',
      ALLOWED_ORIGINS: 'example',
      MAX_CONNECTIONS: '0',
      DRAIN_TIMEOUT_MS: '-1',
      REDIS_URL: 'localhost',
    })
    expect(code).toBe(1)
    expect(stdout).toBe('')
    expect(lines.map(nameOf).sort()).toEqual([
      'ALLOWED_ORIGINS',
      'DRAIN_TIMEOUT_MS',
      'HOST',
      'LOG_LEVEL',
      'MAX_CONNECTIONS',
      'PORT',
      'REDIS_URL',
    ])
    for (const line of lines) expect(line).toMatch(/^[A-Z_]+: .+; expected .+$/)
  })

  test('prints no secret', async () => {
    const { code, lines } = await startInVain({
      NODE_ENV: 'production',
      JWT_SECRET: 'hunter2-short',
      DATABASE_URL: 'mysql://app:hunter2@db.example/rostrum',
      REDIS_URL: 'http://:hunter2@cache.example',
      NOTIFICATION_WEBHOOK_SECRET: 'hunter2-webhook',
    })
    expect(code).toBe(1)
    expect(lines.map(nameOf).sort()).toEqual([
      'DATABASE_URL',
      'JWT_SECRET',
      'NOTIFICATION_WEBHOOK_SECRET',
      'REDIS_URL',
    ])
    expect(lines.join('\n')).not.toContain('hunter2')
  })

  test('names a missing, malformed or empty file of trusted documents', async () => {
    const { code, lines } = await startInVain({ TRUSTED_DOCUMENTS: '/nowhere/persisted-documents.json' })
    expect(code).toBe(1)
    expect(lines).toEqual([
      expect.stringMatching(
        /^TRUSTED_DOCUMENTS: \/nowhere\/persisted-documents.json cannot be read \(ENOENT\)/,
      ),
    ])
    for (const content of ['{', '["query { a }"]', 'null', '{"1f":{}}', '{}']) {
      const path = await writeManifest(content)
      const wrong = await startInVain({ TRUSTED_DOCUMENTS: path })
      expect(wrong.code).toBe(1)
      expect(wrong.lines).toEqual([expect.stringContaining(`TRUSTED_DOCUMENTS: ${path} `)])
    }
  })

  test('names the file and the hash of a trusted document that cannot be run', async () => {
    for (const document of ['query Old { server { colour } }', 'query {', `{ ${'a '.repeat(2100)} }`]) {
      const path = await writeManifest(JSON.stringify({ '5f2e': document }))
      const { code, stdout, lines } = await startInVain({ TRUSTED_DOCUMENTS: path })
      expect(code).toBe(1)
      expect(`${stdout}${lines.join('\n')}`).toContain(
        `TRUSTED_DOCUMENTS: ${path}: the document 5f2e cannot be run: `,
      )
    }
  })

  test('includes GraphiQL together with trusted documents', async () => {
    const path = await writeManifest('{"5f2e":"query Server { server { node } }"}')
    const { code, lines } = await startInVain({ TRUSTED_DOCUMENTS: path, GRAPHIQL: 'true' })
    expect(code).toBe(1)
    expect(lines).toEqual([expect.stringMatching(/^GRAPHIQL: on together with TRUSTED_DOCUMENTS; expected /)])
  })

  test('includes production without a secret', async () => {
    const { code, lines } = await startInVain({ NODE_ENV: 'production' })
    expect(code).toBe(1)
    expect(lines).toEqual([expect.stringMatching(/^JWT_SECRET: .*JWKS_URL/)])
  })
})
