import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startNode, type TestNode } from '../support/node.ts'
import { freshDatabase } from '../support/postgres-shared.ts'
import { openSocket } from '../support/socket.ts'

const OURS = 'https://app.example'
const PATHS = ['/graphql?query={__typename}', '/health', '/ready', '/schema.graphql']

let node: TestNode

beforeAll(async () => {
  node = await startNode({ databaseUrl: await freshDatabase(), env: { ALLOWED_ORIGINS: OURS } })
})
afterAll(() => node[Symbol.asyncDispose]())

function ask(path: string, origin: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`${node.url}${path}`, { ...init, headers: { ...init.headers, origin } })
}

describe.each(['https://evil.example', 'http://app.example', 'https://app.example.evil.example', 'null'])(
  'With ALLOWED_ORIGINS set, the foreign origin %s',
  (origin) => {
    test('is refused at the upgrade', async () => {
      await expect(openSocket(node.wsUrl, { headers: { origin } })).rejects.toThrow('403')
    })

    test.each(PATHS)('gets no CORS headers from %s', async (path) => {
      const { headers } = await ask(path, origin)
      expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
      expect(headers.get('vary')).toBe('Origin')
    })

    test('gets none from a preflight, a refusal or server-sent events either', async () => {
      const events = { headers: { accept: 'text/event-stream' } }
      for (const response of [
        await ask('/graphql', origin, { method: 'OPTIONS' }),
        await ask('/graphql', origin, { headers: { authorization: 'Bearer rubbish' } }),
        await ask('/graphql?query={__typename}', origin, events),
      ]) {
        expect(response.headers.get('access-control-allow-origin')).toBeNull()
        await response.arrayBuffer()
      }
    })
  },
)

describe('With ALLOWED_ORIGINS set', () => {
  test('a listed origin may connect, send preflights, and read responses and refusals', async () => {
    using socket = await openSocket(node.wsUrl, { headers: { origin: OURS } })
    expect(await socket.init()).toMatchObject({ authenticated: false })

    const preflight = await ask('/graphql', OURS, { method: 'OPTIONS' })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-methods')).toContain('POST')
    expect(preflight.headers.get('access-control-allow-headers')).toContain('authorization')

    for (const response of [
      preflight,
      await ask('/graphql?query={__typename}', OURS),
      await ask('/graphql?query={__typename}', OURS, { headers: { accept: 'text/event-stream' } }),
      await ask('/graphql', OURS, { headers: { authorization: 'Bearer rubbish' } }),
    ]) {
      expect(response.headers.get('access-control-allow-origin')).toBe(OURS)
      await response.arrayBuffer()
    }
  })

  test('a same-origin page may connect', async () => {
    using socket = await openSocket(node.wsUrl, { headers: { origin: node.url } })
    expect(await socket.init()).toMatchObject({ authenticated: false })
  })

  test('a client without an Origin header is not a browser and may connect', async () => {
    using socket = await openSocket(node.wsUrl)
    expect(await socket.init()).toMatchObject({ authenticated: false })
  })
})
