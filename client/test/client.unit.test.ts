import { describe, expect, test, vi } from 'vitest'
import { createRostrumClient } from '../src/index.ts'

const NOTHING = { next() {}, error() {}, complete() {} }
const NOWHERE = 'http://127.0.0.1:9'

describe('A client', () => {
  test('throws at what is no GraphQL, and is none the worse for it', async () => {
    const client = createRostrumClient({ url: NOWHERE })
    expect(() => client.subscribe({ query: 'subscription {' }, NOTHING)).toThrow('Syntax Error')
    await expect(client.execute({ query: 'query A { a } query B { b }' })).rejects.toThrow(
      'set operationName',
    )
    expect(client.connection.get()).toEqual({ kind: 'idle' })
    await client.dispose()
  })

  test('asks for nothing, not even a token, before something is asked of it', async () => {
    const token = vi.fn(() => null)
    const client = createRostrumClient({ url: NOWHERE, token })
    await client.dispose()
    expect(token).not.toHaveBeenCalled()
  })

  test('is disposed of at once while it looks for a server that is not there', async () => {
    const complete = vi.fn()
    const client = createRostrumClient({ url: NOWHERE, backoff: () => 60_000 })
    client.subscribe({ query: 'subscription { serverTime }' }, { ...NOTHING, complete })
    await vi.waitFor(() => expect(client.connection.get().kind).toBe('reconnecting'))
    await client.dispose()
    await vi.waitFor(() => expect(complete).toHaveBeenCalledOnce())
  })
})
