import { describe, expect, test } from 'vitest'
import { isNestedTooDeep } from '../../../src/engine/kernel/json.ts'

const lists = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)

describe('JSON', () => {
  test('of 200 levels is taken, of 201 not, whatever they are made of', () => {
    expect(isNestedTooDeep(lists(200).padEnd(500))).toBe(false)
    expect(isNestedTooDeep(lists(201))).toBe(true)
    expect(isNestedTooDeep(`${'{"a":['.repeat(101)}${']}'.repeat(101)}`)).toBe(true)
  })

  test('that is wide, or holds brackets in its texts, is not deep', () => {
    expect(isNestedTooDeep(`[${'[],{},'.repeat(5_000)}1]`)).toBe(false)
    expect(isNestedTooDeep(JSON.stringify({ query: '{'.repeat(5_000), other: '\\"['.repeat(5_000) }))).toBe(
      false,
    )
  })
})
