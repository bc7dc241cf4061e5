import { describe, expect, test, vi } from 'vitest'
import { type Payload, payloadOf, type Sink } from '../../../src/engine/hub/delivery.ts'
import { Gate } from '../../../src/engine/hub/gate.ts'

const payload = (text: string): Payload => payloadOf(Buffer.from(text), null)

function given() {
  const sent: string[] = []
  const sink: Sink = {
    send: ({ results: [result] }) => void sent.push(String(result?.json)),
    isCongested: () => false,
    drained: async () => {},
    end: () => void sent.push('end'),
  }
  const onOverflow = vi.fn()
  return { sent, onOverflow, gate: new Gate(sink, onOverflow) }
}

describe('A gate', () => {
  test('lets nothing through before it is opened, and then all of it in order', () => {
    const { gate, sent } = given()
    gate.send(payload('a'))
    gate.send(payload('b'))
    expect(sent).toEqual([])
    gate.open()
    gate.send(payload('c'))
    expect(sent).toEqual(['a', 'b', 'c'])
  })

  test('holds back what comes while it is shut again', () => {
    const { gate, sent } = given()
    gate.open()
    gate.shut()
    gate.shut()
    gate.send(payload('a'))
    expect(sent).toEqual([])
    gate.open()
    gate.open()
    expect(sent).toEqual(['a'])
  })

  test('is congested while it is shut, and resumes senders when it opens', async () => {
    const { gate } = given()
    expect(gate.isCongested()).toBe(true)
    const drained = gate.drained()
    gate.open()
    await drained
    expect(gate.isCongested()).toBe(false)
  })

  test('drops what waits when the subscription ends, and resolves pending waits', async () => {
    const { gate, sent } = given()
    gate.send(payload('a'))
    const drained = gate.drained()
    gate.close()
    await drained
    gate.open()
    gate.send(payload('b'))
    gate.end()
    expect(sent).toEqual(['end'])
  })

  test('keeps no more than it may', () => {
    const { gate, sent, onOverflow } = given()
    for (let number = 0; number <= 10_000; number += 1) gate.send(payload('a'))
    expect(onOverflow).toHaveBeenCalledOnce()
    gate.open()
    expect(sent).toEqual([])
  })
})
