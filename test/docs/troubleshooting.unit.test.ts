import { readFileSync } from 'node:fs'
import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')
const page = await readFile(join(ROOT, 'docs/troubleshooting.md'), 'utf8')

let sources = ''
for await (const path of glob('src/**/*.ts', { cwd: ROOT })) sources += readFileSync(join(ROOT, path), 'utf8')

/** Printed by Node, or the name of another protocol. */
const OF_OTHERS = ['Unknown file extension ".ts"', 'openssl rand -base64 32']
const codeOf = (text: string): readonly string[] =>
  [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code)

describe('docs/troubleshooting.md', () => {
  test('quotes texts that the server prints', () => {
    const quoted = codeOf(page).filter(
      (code) => code.includes(' ') && !code.startsWith('npm ') && !OF_OTHERS.includes(code),
    )
    const parts = quoted.flatMap((text) => text.split('…')).map((part) => part.trim())
    expect(quoted.length).toBeGreaterThan(15)
    expect(parts.filter((part) => !sources.includes(part))).toEqual([])
  })

  test('names codes and variables that the server knows', () => {
    const names = codeOf(page).filter((code) => /^[A-Z][A-Z_]{3,}$/.test(code))
    expect(names.length).toBeGreaterThan(20)
    expect(names.filter((name) => !sources.includes(name))).toEqual([])
  })
})
