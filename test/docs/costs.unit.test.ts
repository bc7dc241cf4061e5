import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type DocumentNode, Kind, type OperationDefinitionNode, parse, validate, visit } from 'graphql'
import { describe, expect, test } from 'vitest'
import { excessOfDocument } from '../../src/platform/limits/document-bounds.ts'
import { createOperationMeasure } from '../../src/platform/limits/operation-cost.ts'
import { createFullSchema } from '../support/schema.ts'

const ROOT = join(import.meta.dirname, '../..')
const schema = createFullSchema()
const measure = createOperationMeasure(schema)
/** The defaults of MAX_QUERY_COMPLEXITY and MAX_QUERY_DEPTH. */
const LIMITS = { cost: 1000, depth: 12 }
const CODE = /[`']((?:query|mutation|subscription|fragment|\{)[^`']*)[`']/gs
const SNIPPET = /```graphql\n(.*?)```/gs

const found: {
  readonly where: string
  readonly document: DocumentNode
  readonly definition: OperationDefinitionNode
}[] = []
for await (const path of glob(
  [
    '{client,web,examples}/**/*.graphql',
    '{README.md,docs/**/*.md,client/**/*.md,examples/**/*.md}',
    '{client,web,examples}/**/*.{ts,tsx,js,mjs,html}',
    'src/transport/http/graphiql-examples.ts',
  ],
  { cwd: ROOT, exclude: (name) => name.includes('node_modules') },
)) {
  const text = await readFile(join(ROOT, path), 'utf8')
  const pattern = path.endsWith('.md') ? SNIPPET : CODE
  const texts = path.endsWith('.graphql') ? [text] : [...text.matchAll(pattern)].map(([, code = '']) => code)
  for (const each of texts) collect(path, each)
}

function collect(path: string, text: string): void {
  let document: DocumentNode
  try {
    document = parse(text)
    // Fragments of a page are next to its operations, which name others.
    if (validate(schema, document).some(({ message }) => !/is never used/.test(message))) return
  } catch {
    return
  }
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue
    found.push({
      where: `${definition.name?.value ?? 'an operation'} of ${path}`,
      document: withTypenames(alone(document, definition)),
      definition,
    })
  }
}

/** As it is sent: without the other operations of its file. */
function alone(document: DocumentNode, definition: OperationDefinitionNode): DocumentNode {
  const isSent = (each: { readonly kind: string }): boolean =>
    each === definition || each.kind === Kind.FRAGMENT_DEFINITION
  return { ...document, definitions: document.definitions.filter(isSent) }
}

/** As the caches of Apollo and urql send it. */
function withTypenames(document: DocumentNode): DocumentNode {
  return visit(document, {
    SelectionSet: (node, _key, parent) =>
      typeof parent === 'object' && 'kind' in parent && parent.kind === Kind.OPERATION_DEFINITION
        ? undefined
        : {
            ...node,
            selections: [
              ...node.selections,
              { kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } },
            ],
          },
  })
}

describe('An operation that we publish', () => {
  test('is found', () => {
    expect(found.length).toBeGreaterThan(60)
  })

  test.each(found)('$where is within the default limits', ({ document, definition }) => {
    const { cost, depth } = measure(document, definition, {})
    expect(cost).toBeLessThanOrEqual(LIMITS.cost)
    expect(depth).toBeLessThanOrEqual(LIMITS.depth)
    expect(excessOfDocument(document)).toBeNull()
  })
})

const page = await readFile(join(ROOT, 'docs/api.md'), 'utf8')

describe('A worked example of docs/api.md', () => {
  const section = page.split('## What an operation costs')[1]?.split('\n## ')[0] ?? ''
  const examples = [...section.matchAll(/```graphql\n(.*?)```\n\nThat is (?:[^.]*= )?(\d+)/gs)]

  test('is there', () => {
    expect(examples).toHaveLength(2)
  })

  test.each(examples.map(([, text = '', cost]) => [Number(cost), text] as const))(
    'costs %i',
    (cost, text) => {
      const document = parse(text)
      const [definition] = document.definitions
      if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new Error('no operation')
      expect(measure(document, definition, {}).cost).toBe(cost)
    },
  )
})
