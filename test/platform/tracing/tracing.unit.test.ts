import { GraphQLError } from 'graphql'
import { describe, expect, test } from 'vitest'
import { asUserId } from '../../../src/engine/kernel/id.ts'
import { asAuctionId } from '../../../src/features/auctions/ids.ts'
import { auctionTopic } from '../../../src/features/auctions/topics.ts'
import { notificationsTopic } from '../../../src/features/notifications/topics.ts'
import { operationSpan, publishSpan, transactionSpan } from '../../../src/platform/tracing/spans.ts'
import { NO_TRACING, traced, typeOf } from '../../../src/platform/tracing/tracing.ts'

const TOPIC = auctionTopic(asAuctionId('auc_1'))
const traceOf = (digit: string, flags: string) => `00-${digit.repeat(32)}-${digit.repeat(16)}-${flags}`
const [LEFT_OUT, TAKEN, OTHER] = [traceOf('1', '00'), traceOf('2', '01'), traceOf('3', '01')]

describe('The span of a transaction', () => {
  test('is a child of the first mutation that is recorded, linked to all that are', () => {
    expect(transactionSpan(TOPIC, [undefined, LEFT_OUT, TAKEN, OTHER])).toMatchObject({
      parent: TAKEN,
      links: [TAKEN, OTHER],
      attributes: { 'db.operation.batch.size': 4 },
    })
  })

  test('is not sampled if none of its mutations is', () => {
    expect(transactionSpan(TOPIC, [LEFT_OUT])).toMatchObject({ parent: LEFT_OUT, links: [] })
  })

  test('has no parent without a request: what runs when a queue starts is not its parent', () => {
    expect(transactionSpan(TOPIC, [undefined]).parent).toBe('')
  })
})

describe('A span', () => {
  test('names the family of a topic but not its user', () => {
    const topic = notificationsTopic(asUserId('ann@example.com'))
    expect(JSON.stringify(publishSpan('redis', { topic, first: 1, last: 2 }))).not.toContain('ann')
  })

  test('cuts the name that a client gave its operation', () => {
    const { attributes } = operationSpan({ operation: 'query', name: { value: 'n'.repeat(1000) } })
    expect(attributes['graphql.operation.name']).toBe('n'.repeat(100))
  })

  test('names an error by its code or its class, and never repeats its message', () => {
    expect(typeOf(new GraphQLError('No', { extensions: { code: 'NOT_FOUND' } }))).toBe('NOT_FOUND')
    expect(typeOf(new GraphQLError('No'))).toBe('GraphQLError')
    expect(typeOf(new RangeError('secret'))).toBe('RangeError')
    expect(typeOf('secret')).toBe('unknown')
  })
})

describe('Without tracing', () => {
  test('work is done, and fails, as it would', async () => {
    const start = operationSpan({ operation: 'query' })
    expect(await traced(NO_TRACING, start, async () => 7)).toBe(7)
    await expect(traced(NO_TRACING, start, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(NO_TRACING.within(NO_TRACING.start(start), () => NO_TRACING.current())).toBeUndefined()
  })
})
