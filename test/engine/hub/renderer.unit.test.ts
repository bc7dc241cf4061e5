import { type ExecutionResult, GraphQLError } from 'graphql'
import { describe, expect, test } from 'vitest'
import type { Item } from '../../../src/engine/hub/reader.ts'
import { createRenderer } from '../../../src/engine/hub/renderer.ts'
import { encodeCursor } from '../../../src/engine/kernel/cursor.ts'
import { instant } from '../../../src/engine/kernel/instant.ts'
import { asEpoch, asOffset } from '../../../src/engine/kernel/position.ts'
import { UnreadableEntry } from '../../../src/engine/kernel/unreadable-entry.ts'
import { TOPIC } from './fake-history.ts'

const OFFSET = asOffset(2)
const POSITION = { epoch: asEpoch(1), offset: OFFSET }
const item = (): Item => ({
  ...{ topic: TOPIC, offset: OFFSET, at: instant(0), cursor: encodeCursor(TOPIC, POSITION) },
  event: { type: 'Counted', topic: TOPIC, position: POSITION, at: instant(0) },
})

function given(result: ExecutionResult | Promise<ExecutionResult>) {
  let executions = 0
  const counters = {
    onExecution() {
      executions += 1
    },
    onDelivery: () => {},
    onLive: () => {},
  }
  const renderer = createRenderer({ key: 'any', execute: () => result }, counters)
  return { renderer, executions: () => executions }
}

const failing = (code: string): ExecutionResult => ({
  data: null,
  errors: [new GraphQLError('it failed', { extensions: { code } })],
})

describe('An item whose execution leaves no data', () => {
  test.each([failing('INTERNAL_SERVER_ERROR'), Promise.resolve(failing('INTERNAL_SERVER_ERROR'))])(
    'cannot be presented, and is executed once for all who ask soon',
    async (result) => {
      const { renderer, executions } = given(result)
      const same = item()
      for (let asked = 0; asked < 3; asked += 1) {
        await expect(renderer.renderItem(same)).rejects.toThrow(UnreadableEntry)
      }
      expect(executions()).toBe(1)
    },
  )

  test('because something is away is refused for that, and executed again', async () => {
    const { renderer, executions } = given(failing('UNAVAILABLE'))
    const same = item()
    await expect(renderer.renderItem(same)).rejects.toThrow('it failed')
    await expect(renderer.renderItem(same)).rejects.toThrow('it failed')
    expect(executions()).toBe(2)
  })
})

test('An item with an error in a field that may be null is sent as it is', async () => {
  const { renderer } = given({ ...failing('INTERNAL_SERVER_ERROR'), data: { room: null } })
  expect((await renderer.renderItem(item())).results).toHaveLength(1)
})
