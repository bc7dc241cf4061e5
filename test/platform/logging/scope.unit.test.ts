import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { createLogger } from '../../../src/platform/logging/logger.ts'
import { withLogScope } from '../../../src/platform/logging/scope.ts'

describe('a line that is logged on behalf of a request', () => {
  test('carries its id, also later, and no other line does', async () => {
    const lines: Record<string, unknown>[] = []
    const log = createLogger(
      { level: 'info', format: 'json' },
      { write: (line) => void lines.push(JSON.parse(line)) },
    )
    const work = withLogScope({ requestId: 'req_1' }, async () => {
      await turn()
      log.info('inside')
    })
    log.info('outside')
    await work
    expect(lines.map(({ msg, requestId }) => [msg, requestId])).toEqual([
      ['outside', undefined],
      ['inside', 'req_1'],
    ])
  })
})
