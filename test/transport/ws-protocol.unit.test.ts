import { Writable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { GraphQLError, type OperationDefinitionNode, parse } from 'graphql'
import { pino } from 'pino'
import { describe, expect, test } from 'vitest'
import type { Services } from '../../src/resolvers/services.ts'
import type { Operations } from '../../src/transport/graphql-operation.ts'
import { Writer } from '../../src/transport/writer.ts'
import { textFrame } from '../../src/transport/ws/frame.ts'
import { Protocol } from '../../src/transport/ws/protocol.ts'
import { runs } from '../support/runs.ts'
import { createFakeSession, PULSE } from './fake-session.ts'

/** A message from the server. */
interface Sent {
  readonly type: string
  readonly id?: string
  readonly payload?: { readonly data?: unknown } | readonly object[]
}

/** The text messages in what a server wrote (RFC 6455 §5.2: unmasked, unfragmented). */
function messagesIn(bytes: Buffer): readonly Sent[] {
  const found: Sent[] = []
  for (let at = 0; at < bytes.length; ) {
    const short = bytes.readUInt8(at + 1)
    const [head, length] = short < 126 ? [2, short] : [4, bytes.readUInt16BE(at + 2)]
    found.push(JSON.parse(bytes.toString('utf8', at + head, at + head + length)))
    at += head + length
  }
  return found
}

/** The executor of a running operation, controlled by the test. */
interface Executed {
  readonly signal: AbortSignal
  answer(outcome: 'result' | 'failure'): void
}

function definitionOf(text: string): OperationDefinitionNode {
  const [definition] = parse(text).definitions
  if (definition?.kind !== 'OperationDefinition') throw new Error(text)
  return definition
}

/** Text such as `query q7 { a }`: the operation's name identifies it. */
const nameOf = (text: string): string => /\w+ (\w+)/.exec(text)?.[1] ?? ''

function open(options: Parameters<typeof createFakeSession>[1] = {}) {
  const chunks: Buffer[] = []
  const stream = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(Buffer.from(chunk))
      done()
    },
  })
  const writer = new Writer(stream, { maxBufferBytes: 1 << 30, onOverflow: () => {} })
  const closed: number[] = []
  const executed = new Map<string, Executed>()
  const operations: Operations = {
    prepare({ query }) {
      const text = query ?? ''
      const operation = {
        ...{ document: parse(text), definition: definitionOf(text), cost: 1 },
        ...{ operationName: nameOf(text), variables: {} },
      }
      return { kind: 'ready', operation }
    },
    run: ({ operationName }, { signal }) =>
      new Promise((resolve, reject) => {
        executed.set(String(operationName), {
          signal,
          answer: (outcome) =>
            outcome === 'result'
              ? resolve({ data: { from: operationName } })
              : reject(new GraphQLError('failed')),
        })
      }),
    plan: ({ operationName }, { signal }) =>
      new Promise((resolve, reject) => {
        const key = String(operationName)
        executed.set(key, {
          signal,
          answer: (outcome) =>
            outcome === 'result'
              ? resolve({ plan: PULSE, selection: { key, execute: () => ({}) }, cost: 1 })
              : reject(new GraphQLError('refused')),
        })
      }),
  }
  const fake = createFakeSession(
    { end: ({ kind }) => closed.push(kind === 'too-many-refusals' ? 1008 : 0) },
    options,
  )
  const { session } = fake
  const connection = {
    ...{ id: 'conn_1', writer, log: pino({ level: 'silent' }) },
    sendText: (text: string) => writer.write(textFrame(text)),
    close(code: number) {
      closed.push(code)
      protocol.close()
      session.close()
    },
  }
  const services = { node: 'node_1', now: () => 0 } as unknown as Services
  const mask = (error: unknown): GraphQLError =>
    error instanceof GraphQLError ? error : new GraphQLError(String(error))
  const protocol = new Protocol({ operations, services, mask }, connection, session, { kind: 'none' })
  protocol.open('graphql-transport-ws')
  return {
    ...fake,
    ...{ protocol, executed, closed },
    /** The messages sent since the last call. */
    sent(): readonly Sent[] {
      writer.flush()
      return messagesIn(Buffer.concat(chunks.splice(0)))
    },
    say: (message: object) => protocol.receive(JSON.stringify(message)),
    async acknowledge() {
      protocol.receive('{"type":"connection_init"}')
      await setImmediate()
    },
  }
}

type Opened = ReturnType<typeof open>

const IDS = ['a', 'b']
const STEPS = ['subscribe', 'query', 'complete', 'answer', 'fail', 'deliver', 'end', 'settle'] as const
const step = fc.record({ kind: fc.constantFrom(...STEPS), id: fc.constantFrom(...IDS), pick: fc.nat(50) })
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never

/** The state of a client that follows the protocol. */
class Model {
  /** The current operation of each id. */
  readonly current = new Map<string, string>()
  readonly begun: string[] = []
  /** Operations whose executor was aborted. */
  readonly due = new Set<string>()

  check(sent: readonly Sent[]): void {
    for (const { type, id = '', payload } of sent) {
      if (type === 'connection_ack') continue
      const operation = this.current.get(id)
      expect(operation, `a ${type} for ${id}, which names nothing`).toBeDefined()
      if (type === 'next') {
        expect(payload).toEqual({ data: { from: operation } })
        continue
      }
      expect(this.due.has(String(operation)), `${type} of ${operation}, which continues`).toBe(true)
      this.current.delete(id)
    }
  }
}

function act(opened: Opened, model: Model, { kind, id, pick }: Step): Promise<void> | undefined {
  const { say, executed, hub } = opened
  const operation = model.begun[pick % Math.max(1, model.begun.length)] ?? ''
  switch (kind) {
    case 'subscribe':
    case 'query': {
      if (model.current.has(id)) return undefined
      const name = `${kind}${model.begun.length}`
      model.begun.push(name)
      model.current.set(id, name)
      const query = kind === 'query' ? `query ${name} { a }` : `subscription ${name} { a }`
      say({ type: 'subscribe', id, payload: { query } })
      return undefined
    }
    case 'complete':
      model.current.delete(id)
      say({ type: 'complete', id })
      return undefined
    case 'answer':
      // A subscription continues once its plan is ready.
      if (executed.has(operation) && operation.startsWith('query')) model.due.add(operation)
      executed.get(operation)?.answer('result')
      return undefined
    case 'fail':
      if (executed.has(operation)) model.due.add(operation)
      executed.get(operation)?.answer('failure')
      return undefined
    case 'deliver':
      hub.of(operation)?.deliver({ from: operation })
      return undefined
    case 'end': {
      const served = hub.of(operation)
      if (served === undefined) return undefined
      model.due.add(operation)
      served.subscriber.sink.end(pick % 2 === 0 ? undefined : new GraphQLError('over'))
      return undefined
    }
    case 'settle':
      return setImmediate()
  }
}

describe('Operations on one WebSocket', () => {
  test('stay separate under reused ids, and leave nothing behind, in every order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
        const opened = open()
        await opened.acknowledge()
        const model = new Model()
        for (const each of steps) {
          await act(opened, model, each)
          model.check(opened.sent())
        }
        await setImmediate()
        model.check(opened.sent())
        const left = [...model.current.values()]
        expect(left.filter((name) => name.startsWith('query') && model.due.has(name))).toEqual([])
        expect(opened.hub.served.size).toBeLessThanOrEqual(left.length)

        opened.protocol.close()
        opened.session.close()
        for (const { answer } of opened.executed.values()) answer('result')
        await setImmediate()
        expect(opened.sent()).toEqual([])
        expect(opened.hub.served.size).toBe(0)
        expect(opened.selections.size).toBe(0)
        expect(opened.connections.count).toBe(0)
        expect(opened.isPresent()).toBe(false)
        expect(opened.closed).toEqual([])
      }),
      runs(400),
    )
  })

  test('abort their signal on complete and on close', async () => {
    const { say, executed, acknowledge, protocol, session } = open()
    await acknowledge()
    for (const [id, kind] of [
      ['1', 'query'],
      ['2', 'subscription'],
      ['3', 'query'],
      ['4', 'subscription'],
    ])
      say({ type: 'subscribe', id, payload: { query: `${kind} op${id} { a }` } })
    for (const id of ['1', '2']) say({ type: 'complete', id })
    const aborted = () => ['1', '2', '3', '4'].filter((id) => executed.get(`op${id}`)?.signal.aborted)
    expect(aborted()).toEqual(['1', '2'])
    protocol.close()
    session.close()
    expect(aborted()).toEqual(['1', '2', '3', '4'])
  })

  test('run sixteen at once; a hundred wait, and any more are answered OVERLOADED', async () => {
    const { say, executed, acknowledge, sent } = open({
      operations: { maxRunning: 16, maxWaiting: 100 },
    })
    await acknowledge()
    sent()
    for (let each = 0; each < 120; each += 1)
      say({ type: 'subscribe', id: `${each}`, payload: { query: `query op${each} { a }` } })
    await setImmediate()
    expect(executed.size).toBe(16)
    expect(sent().map(({ type, id }) => [type, id])).toEqual(
      ['116', '117', '118', '119'].map((id) => ['error', id]),
    )
    // An operation completed while waiting never starts, and frees its slot.
    say({ type: 'complete', id: '16' })
    executed.get('op0')?.answer('result')
    await setImmediate()
    expect(executed.has('op16')).toBe(false)
    expect(executed.has('op17')).toBe(true)
  })

  test('refused a thousand times close the connection with 1008', async () => {
    const { say, acknowledge, closed } = open({ operations: { maxRunning: 1, maxWaiting: 0 } })
    await acknowledge()
    say({ type: 'subscribe', id: 'first', payload: { query: 'query op { a }' } })
    for (let each = 0; each < 999; each += 1)
      say({ type: 'subscribe', id: `${each}`, payload: { query: `query op${each} { a }` } })
    await setImmediate()
    expect(closed).toEqual([])
    say({ type: 'subscribe', id: 'last', payload: { query: 'query last { a }' } })
    await setImmediate()
    expect(closed).toEqual([1008])
  })

  test('count as subscriptions for as long as they run, whatever their ids', async () => {
    const { say, acknowledge, sent, executed, hub } = open({ maxSubscriptions: 2 })
    await acknowledge()
    const subscribe = (id: string, name: string): void =>
      say({ type: 'subscribe', id, payload: { query: `subscription ${name} { a }` } })
    sent()
    for (let each = 0; each < 50; each += 1) {
      subscribe('same', `op${each}`)
      if (each % 2 === 0) executed.get(`op${each}`)?.answer('result')
      say({ type: 'complete', id: 'same' })
    }
    await setImmediate()
    expect(hub.served.size).toBe(0)
    for (const id of ['a', 'b', 'c']) subscribe(id, `last_${id}`)
    await setImmediate()
    expect(sent()).toMatchObject([
      { type: 'error', id: 'c', payload: [{ extensions: { code: 'TOO_MANY_SUBSCRIPTIONS' } }] },
    ])
  })

  test.each([
    ['x'.repeat(1024), []],
    ['x'.repeat(1025), [4400]],
    ['€'.repeat(342), [4400]],
  ])('have ids of at most 1024 bytes: %#', async (id, expected) => {
    const { say, acknowledge, closed } = open()
    await acknowledge()
    say({ type: 'subscribe', id, payload: { query: 'query op { a }' } })
    expect(closed).toEqual(expected)
  })

  test.each(['{"type":"next","id":"1","payload":{}}', '{"type":"connection_ack"}', '7', 'null', ''])(
    'a message that clients must not send closes with 4400: %s',
    async (text) => {
      const { protocol, acknowledge, closed } = open()
      await acknowledge()
      protocol.receive(text)
      expect(closed).toEqual([4400])
    },
  )
})
