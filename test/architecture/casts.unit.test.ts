import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { PROJECT } from './cruise.ts'

/** Type assertions outside the kernel, which makes branded values. Each is a place where the compiler cannot follow. */
const ALLOWED: Readonly<Record<string, number>> = {
  // States and replies of one index or key: one for each batch, and the reply of the command that stored it.
  'src/engine/commands/batch.ts': 4,
  // Brands of the registry's channels.
  'src/engine/presence/channels.ts': 3,
  'src/engine/storage/all-settled.ts': 1,
  // Parts of the PostgreSQL driver that have no types.
  'src/engine/storage/connect-hook.ts': 2,
  'src/engine/storage/connection-source.ts': 1,
  'src/engine/storage/open-database.ts': 2,
  'src/engine/storage/pool.ts': 1,
  'src/engine/storage/statement.ts': 1,
  'src/engine/storage/transaction.ts': 1,
  'src/engine/storage/watch.ts': 1,
}

/** The assertions of a file, `as const` apart. */
function castsIn(text: string): number {
  let count = 0
  function visit(node: ts.Node): void {
    if (ts.isAsExpression(node) && !ts.isConstTypeReference(node.type)) count += 1
    if (ts.isNonNullExpression(node) || ts.isTypeAssertionExpression(node)) count += 1
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile('file.ts', text, ts.ScriptTarget.ESNext))
  return count
}

describe('Type assertions outside the kernel', () => {
  test('are no more than those listed here', () => {
    const found: Record<string, number> = {}
    for (const file of globSync('src/**/*.ts', { cwd: PROJECT })) {
      if (file.startsWith('src/engine/kernel/')) continue
      const count = castsIn(readFileSync(join(PROJECT, file), 'utf8'))
      if (count > 0) found[file] = count
    }
    expect(found).toEqual(ALLOWED)
  })

  test('are counted', () => {
    expect(castsIn('const a = b as C; const d = e as unknown as F; const g = h!')).toBe(4)
    expect(castsIn("const a = ['b'] as const; import { c as d } from 'e'")).toBe(0)
  })
})
