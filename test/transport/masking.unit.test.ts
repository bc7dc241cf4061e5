import { pino } from 'pino'
import { expect, test } from 'vitest'
import { Overloaded } from '../../src/engine/kernel/overloaded.ts'
import { createMask } from '../../src/transport/masking.ts'

test('An overload is shown as one, with when to come again, also where a query builder wrapped it', () => {
  const mask = createMask(pino({ level: 'silent' }))
  const overload = new Overloaded(700)
  for (const error of [overload, new Error('Failed query: SELECT 1', { cause: overload })]) {
    expect(mask(error).extensions).toEqual({ code: 'OVERLOADED', retryAfterMs: 700 })
  }
})
