import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Caller, createCaller, type Variables } from '../support/caller.ts'
import type { Recording } from '../support/graphql-client.ts'
import { startNode, type TestNode } from '../support/node.ts'
import { freshDatabase } from '../support/postgres-shared.ts'

const PAGE = await readFile(join(import.meta.dirname, '../../docs/tutorial.md'), 'utf8')
/** The parts that the test acts on: a person, an operation, variables, an answer, a payload, the end of a subscription. */
const PART =
  /As \*\*(?<person>\w+)\*\*|```graphql\n(?<operation>.*?)```|```json (?<kind>variables|answer|next)\n(?<json>.*?)```|<!-- (?<mark>stop) -->/gs
const DATE_TIME = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/
const FIFTEEN_MINUTES_MS = 900_000

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** Ids and cursors of the page, and what the server calls them. */
const names = new Map<string, string>()

/** The page's variables with the ids and cursors of this run, and times in fifteen minutes. */
function filled(value: Json): Json {
  if (typeof value === 'string') {
    return DATE_TIME.test(value)
      ? new Date(Date.now() + FIFTEEN_MINUTES_MS).toISOString()
      : (names.get(value) ?? value)
  }
  return mapped(value, filled)
}

function mapped(value: Json, map: (value: Json, key: string) => Json): Json {
  if (Array.isArray(value)) return value.map((each: Json, index) => map(each, String(index)))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, map(each, key)]))
}

function compare(expected: Json, actual: Json): void {
  expect(renamed(actual, expected)).toEqual(expected)
}

/** The answer with the ids, cursors and times of the page. Each id and cursor of the page stands for one of this run. */
function renamed(actual: Json, expected: Json, key = ''): Json {
  if (typeof actual === 'string' && typeof expected === 'string') {
    if (DATE_TIME.test(actual) && DATE_TIME.test(expected)) return expected
    if (key !== 'id' && key !== 'cursor') return actual
    if (!names.has(expected)) names.set(expected, actual)
    return names.get(expected) === actual ? expected : actual
  }
  const counterpart = (each: string): Json =>
    typeof expected === 'object' && expected !== null ? (Object(expected)[each] ?? null) : null
  return mapped(actual, (each, child) => renamed(each, counterpart(child), child))
}

let node: TestNode
const people = new Map<string, Caller>()

beforeAll(async () => {
  node = await startNode({ databaseUrl: await freshDatabase() })
  const claims = [...PAGE.matchAll(/^token '(.*)'$/gm)].map(([, json = '']) => JSON.parse(json))
  for (const { sub, name, roles } of claims) {
    const token = await node.token(sub, { name, roles })
    people.set(sub, await createCaller({ ...node, token: () => Promise.resolve(token) }, sub))
  }
})

afterAll(async () => {
  for (const each of people.values()) await each[Symbol.asyncDispose]()
  await node[Symbol.asyncDispose]()
})

describe('The tutorial', () => {
  test('is answered as it says, from the room to the settlement', async () => {
    const done = { variables: 0, answer: 0, next: 0, stop: 0 }
    let person: Caller | undefined
    let operation = ''
    let variables: Variables = {}
    let stream: Recording<Json> | undefined
    let taken = 0
    for (const { groups = {} } of PAGE.matchAll(PART)) {
      if (groups['person'] !== undefined) person = people.get(groups['person'].toLowerCase())
      if (groups['operation'] !== undefined) [operation, variables] = [groups['operation'], {}]
      const value: Json = groups['json'] === undefined ? null : JSON.parse(groups['json'])
      switch (groups['kind'] ?? groups['mark']) {
        case 'variables':
          done.variables += 1
          variables = filled(value) as Variables
          if (!operation.startsWith('subscription')) break
          stream = person?.record<Json>(operation, variables)
          taken = 0
          break
        case 'answer': {
          done.answer += 1
          const ask = async () => compare(value, (await person?.answer(operation, variables)) as Json)
          // Notifications follow the mutation that causes them. Nothing else may be asked again.
          await (operation.includes('notifications') ? vi.waitFor(ask, { timeout: 10_000 }) : ask())
          break
        }
        case 'next': {
          done.next += 1
          taken += 1
          const entries = (await stream?.take(taken)) ?? []
          compare(value, { data: { bids: entries[taken - 1] ?? null } })
          break
        }
        case 'stop':
          done.stop += 1
          stream?.stop()
      }
    }
    expect(stream?.values).toHaveLength(taken)
    expect(done).toEqual({ variables: 12, answer: 14, next: 7, stop: 1 })
  })
})
