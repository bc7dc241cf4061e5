import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { addressOf } from '../src/address.ts'
import { createRostrumClient } from '../src/index.ts'
import { expiryOf, subjectOf } from '../src/token.ts'

/** A server in the place of the platform's WebSocket: acknowledges, and answers every operation with `{ ok: true }`. */
class AnsweringSocket extends EventTarget {
  static readonly CONNECTING = 0
  static readonly OPEN = 1
  static readonly CLOSING = 2
  static readonly CLOSED = 3
  readonly protocol = 'graphql-transport-ws'
  readyState = 1
  onopen: (() => void) | null = null
  onmessage: ((event: { readonly data: string }) => void) | null = null
  onclose:
    | ((event: { readonly code: number; readonly reason: string; readonly wasClean: boolean }) => void)
    | null = null

  constructor() {
    super()
    setTimeout(() => this.onopen?.())
  }

  send(text: string): void {
    const { id, type } = JSON.parse(text)
    const answer = (message: object): void => {
      const data = JSON.stringify({ id, ...message })
      setTimeout(() => this.onmessage?.({ data }))
    }
    if (type === 'connection_init') answer({ type: 'connection_ack', payload: {} })
    if (type !== 'subscribe') return
    answer({ type: 'next', payload: { data: { ok: true } } })
    answer({ type: 'complete' })
  }

  close(code = 1000): void {
    this.onclose?.({ code, reason: '', wasClean: true })
  }
}

const claims = { sub: 'Zoë 🎈', exp: 2_000_000_000 }
const TOKEN = `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`

describe('On a platform without the latest of JavaScript and the web, as Hermes and Node 20', () => {
  beforeEach(() => {
    vi.stubGlobal('atob', undefined)
    vi.stubGlobal('TextDecoder', undefined)
    vi.stubGlobal('URL', undefined)
    vi.spyOn(Promise, 'withResolvers').mockImplementation(() => {
      throw new TypeError('Promise.withResolvers is not a function')
    })
  })
  afterEach(() => {
    vi.restoreAllMocks()
    vi.unstubAllGlobals()
  })

  test('a client runs operations and loops over subscriptions', async () => {
    const client = createRostrumClient({
      url: 'https://rostrum.example',
      token: TOKEN,
      webSocketImpl: Object(AnsweringSocket),
    })
    expect(await client.execute({ query: '{ ok }' })).toEqual({ data: { ok: true } })
    const results: unknown[] = []
    for await (const { data } of client.iterate({ query: 'subscription { ok }' })) results.push(data)
    expect(results).toEqual([{ ok: true }])
    await client.dispose()
  })

  test('a token is read: whose it is, and when to renew it', () => {
    expect([subjectOf(TOKEN), expiryOf(TOKEN)]).toEqual([claims.sub, claims.exp * 1000])
    expect([subjectOf('no token'), expiryOf('a.!.b')]).toEqual([undefined, undefined])
  })

  test.each([
    ['https://rostrum.example', 'wss://rostrum.example/graphql'],
    ['http://10.0.2.2:4000/', 'ws://10.0.2.2:4000/graphql'],
    ['wss://rostrum.example/live?shard=2', 'wss://rostrum.example/live?shard=2'],
    ['HTTPS://[::1]:4000/graphql#top', 'wss://[::1]:4000/graphql'],
  ])('%s is %s', (given, address) => expect(addressOf(given, 'ws')).toBe(address))
})

test('An address of the page itself is resolved against it', () => {
  vi.stubGlobal('location', { href: 'https://rostrum.example/rooms?x=1' })
  expect(addressOf('/graphql', 'http')).toBe('https://rostrum.example/graphql')
  vi.unstubAllGlobals()
})
