import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { startTestApp } from '../support/app.ts'
import { scrape } from '../support/scrape.ts'

interface Rule {
  readonly alert: string
  readonly expr: string
  readonly annotations: { readonly summary: string; readonly action: string }
}

interface Dashboard {
  readonly panels: readonly {
    readonly title: string
    readonly targets?: readonly { readonly expr: string }[]
  }[]
}

const ROOT = join(import.meta.dirname, '../..')
const read = (path: string): Promise<string> => readFile(join(ROOT, path), 'utf8')
/** What looks like a metric that a node exports. */
const METRIC = /\b(?:rostrum|nodejs|process)_[a-z0-9_]+\b/g
/** What a histogram's samples add to its name. */
const PART = /_(?:bucket|sum|count)$/

let exported: ReadonlyMap<string, string>

beforeAll(async () => {
  await using node = await startTestApp()
  exported = (await scrape(node.url)).types
})

function unknownIn(text: string): readonly string[] {
  return (text.match(METRIC) ?? []).filter(
    (name) => !exported.has(name) && exported.get(name.replace(PART, '')) !== 'histogram',
  )
}

describe('every metric', () => {
  test('that the alerts name is exported', async () => {
    const text = await read('ops/prometheus/alerts.yaml')
    expect(text.match(METRIC)?.length).toBeGreaterThan(10)
    expect(unknownIn(text)).toEqual([])
  })

  test('that the dashboard names is exported', async () => {
    const { panels } = JSON.parse(await read('ops/grafana/rostrum.json')) as Dashboard
    const expressions = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))
    expect(expressions.length).toBeGreaterThan(20)
    for (const expression of expressions) expect(expression).toMatch(METRIC)
    expect(unknownIn(expressions.join('\n'))).toEqual([])
  })

  test('that the documentation names is exported', async () => {
    expect(unknownIn(await read('docs/operations.md'))).toEqual([])
  })

  test('of this server is documented, and shown on the dashboard', async () => {
    const documented = await read('docs/operations.md')
    const shown = await read('ops/grafana/rostrum.json')
    const own = [...exported.keys()].filter((name) => name.startsWith('rostrum_'))
    expect(own.length).toBeGreaterThan(15)
    expect(own.filter((name) => !documented.includes(`\`${name}\``))).toEqual([])
    expect(own.filter((name) => !shown.includes(name))).toEqual([])
  })
})

describe('every alert', () => {
  test('says what to do', async () => {
    const { groups } = parse(await read('ops/prometheus/alerts.yaml')) as {
      readonly groups: readonly { readonly rules: readonly Rule[] }[]
    }
    const rules = groups.flatMap((group) => group.rules)
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length)
    for (const { alert, expr, annotations } of rules) {
      expect(alert).toMatch(/^Rostrum[A-Z]/)
      expect(expr).toMatch(/[<>=]/)
      expect(annotations.summary).not.toBe('')
      expect(annotations.action.length).toBeGreaterThan(40)
    }
  })
})
