import { GraphQLError } from 'graphql'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { abandoned } from '../../src/engine/kernel/abandoned.ts'
import { Overloaded } from '../../src/engine/kernel/overloaded.ts'
import { createMask } from '../../src/transport/masking.ts'

test('An overload is reported with a retry delay, even if a query builder wrapped it', () => {
  const mask = createMask(pino({ level: 'silent' }))
  const overload = new Overloaded(700)
  for (const error of [overload, new Error('Failed query: SELECT 1', { cause: overload })]) {
    expect(mask(error).extensions).toEqual({ code: 'OVERLOADED', retryAfterMs: 700 })
  }
})

test('An abandoned read is not a fault: its field fails with the code, and nothing is logged', () => {
  const lines: string[] = []
  const mask = createMask(pino({}, { write: (line: string) => void lines.push(line) }))
  const located = new GraphQLError(abandoned.message, { path: ['room'], originalError: abandoned })
  expect(mask(located).toJSON()).toMatchObject({ path: ['room'], extensions: { code: 'ABANDONED' } })
  expect(lines).toEqual([])
})
