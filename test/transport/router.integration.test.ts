import { once } from 'node:events'
import { request as sendRequest } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { pino } from 'pino'
import { describe, expect, onTestFinished, test } from 'vitest'
import { instant } from '../../src/engine/kernel/instant.ts'
import type { DevClaims } from '../../src/platform/auth/dev-token.ts'
import type { Problem, Warning } from '../../src/platform/health/readiness.ts'
import { NO_TRACING } from '../../src/platform/tracing/tracing.ts'
import { createLocalOriginPolicy, createOriginPolicy } from '../../src/transport/http/origin.ts'
import { createRouter, type RouterOptions } from '../../src/transport/http/router.ts'
import { createHttpServer } from '../../src/transport/http/server.ts'
import { createMask } from '../../src/transport/masking.ts'

const AT = instant(Date.UTC(2027, 0, 2, 3, 4, 5, 6))
const ORIGIN = 'https://app.example'
const LISTED = { kind: 'listed', origins: new Set([ORIGIN]) } as const
const ANY = { kind: 'any' } as const
const log = pino({ level: 'silent' })

/** Readiness whose check throws. */
function failing(fault: Error): RouterOptions['readiness'] {
  return {
    problems() {
      throw fault
    },
    warnings: () => [],
  }
}

/** A server with only the router, the requested tokens, and the faults of its endpoints. */
async function start(changes: Partial<RouterOptions> = {}) {
  const faults: unknown[] = []
  const asked: DevClaims[] = []
  const issueToken = async (claims: DevClaims) => {
    asked.push(claims)
    return { token: 'aa.bb.cc', expiresAt: AT }
  }
  const origins = changes.origins ?? createOriginPolicy(LISTED)
  const router = createRouter({
    readiness: { problems: () => [], warnings: () => [] },
    schema: 'type Query { a: Int }\n',
    devTokens: { issueToken, origins: createLocalOriginPolicy(changes.origins === undefined ? LISTED : ANY) },
    admin: {
      signIn: async () => ({ kind: 'ok', viewer: null }),
      mask: createMask(log),
      metrics: { contentType: 'text/plain; version=0.0.4', text: async () => 'up 1\n' },
      stats: () => ({}),
      history: () => ({}),
      user: async () => ({}),
      broadcast: async () => ({ kind: 'invalid', reason: 'No.' }),
    },
    origins,
    graphiql: null,
    isDemoOn: false,
    onFault: (fault) => faults.push(fault),
    ...changes,
  })
  const server = createHttpServer({ port: 0, host: '127.0.0.1', origins, log })
  server.serve({
    ...{ router, isGraphiqlServed: false, tracing: NO_TRACING, beforeRequest() {} },
    graphql: async (_request, response) => void response.writeHead(200).end('an operation'),
    ws: { upgrade: (_request, stream) => void stream.destroy() },
  })
  await server.open()
  onTestFinished(() => server.close(0))
  const { url } = server
  const port = Number(new URL(url).port)
  return {
    url,
    port,
    faults,
    asked,
    get: (path: string, init?: RequestInit) => fetch(`${url}${path}`, init),
    /** Sends `lines` verbatim. Resolves with the complete response. */
    async send(...lines: readonly string[]): Promise<string> {
      const socket = connect(port, '127.0.0.1')
      socket.write(`${lines.join('\r\n')}\r\n\r\n`)
      return text(socket)
    },
    postToken: (body: RequestInit['body'], headers: Record<string, string> = {}) =>
      fetch(`${url}/dev/token`, {
        method: 'POST',
        body: body ?? null,
        headers: { 'content-type': 'application/json', ...headers },
      }),
  }
}

describe('GET /health', () => {
  test('answers 200 while the process is alive', async () => {
    const { get } = await start()
    const response = await get('/health')
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(await response.json()).toEqual({ status: 'ok' })
  })

  test('matches exactly that path', async () => {
    const { get } = await start()
    for (const path of ['/health/', '/x/health', '/healthz', '/Health', '/graphql/health', '/constructor']) {
      expect((await get(path)).status).toBe(404)
    }
    expect((await get('/health?probe=1')).status).toBe(200)
  })

  test('has no other spelling', async () => {
    const { send } = await start()
    for (const path of ['/x/../health', '/%68ealth', '//health', 'http://localhost/health']) {
      const answer = await send(`GET ${path} HTTP/1.1`, 'Host: localhost', 'Connection: close')
      expect([path, answer.split('\r\n')[0]]).toEqual([path, 'HTTP/1.1 404 Not Found'])
    }
  })

  test('answers a load balancer with HTTP/1.0 and no Host header', async () => {
    const { send } = await start()
    expect(await send('GET /health HTTP/1.0')).toMatch(/^HTTP\/1.1 200 OK.*\{"status":"ok"\}$/su)
  })

  test('answers 400 to an invalid Host header', async () => {
    const { send, faults } = await start()
    const answer = await send('GET /health HTTP/1.1', 'Host: no host', 'Connection: close')
    expect(answer).toMatch(/^HTTP\/1.1 400 .*\{"error":"The URL or the Host header is malformed."\}$/su)
    expect(faults).toEqual([])
  })

  test('answers HEAD without a body', async () => {
    const { get } = await start()
    const response = await get('/health', { method: 'HEAD' })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-length')).toBe('15')
    expect(await response.text()).toBe('')
  })
})

describe('GET /ready', () => {
  test('answers 200 without problems', async () => {
    const { get } = await start()
    const response = await get('/ready')
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ ready: true, warnings: [] })
  })

  test('answers 503 with the problems and their times', async () => {
    const problem: Problem = { part: 'database', since: AT, message: 'it did not answer' }
    const { get } = await start({ readiness: { problems: () => [problem], warnings: () => [] } })
    const response = await get('/ready')
    expect(response.status).toBe(503)
    expect(await response.json()).toEqual({
      ready: false,
      problems: [{ part: 'database', since: '2027-01-02T03:04:05.006Z', message: 'it did not answer' }],
      warnings: [],
    })
  })

  test('answers 200 with the degradations and their times', async () => {
    const warning: Warning = { part: 'bus', since: AT, message: 'the probe did not come back' }
    const { get } = await start({ readiness: { problems: () => [], warnings: () => [warning] } })
    const response = await get('/ready')
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({
      ready: true,
      warnings: [{ part: 'bus', since: '2027-01-02T03:04:05.006Z', message: 'the probe did not come back' }],
    })
  })

  test('answers 500 without details when the check fails, and reports the fault', async () => {
    const fault = new Error('connect ECONNREFUSED db.internal')
    const { get, faults } = await start({ readiness: failing(fault) })
    const response = await get('/ready')
    expect(response.status).toBe(500)
    expect(await response.text()).not.toContain('db.internal')
    expect(faults).toEqual([fault])
  })
})

describe('GET /schema.graphql', () => {
  test('answers the SDL', async () => {
    const { get } = await start()
    const response = await get('/schema.graphql')
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('application/graphql; charset=utf-8')
    expect(await response.text()).toBe('type Query { a: Int }\n')
  })

  test('does not exist if the schema is not public', async () => {
    const { get } = await start({ schema: null })
    expect((await get('/schema.graphql')).status).toBe(404)
  })
})

describe('POST /dev/token', () => {
  test('answers with a token and its expiry', async () => {
    const { postToken, asked } = await start()
    const response = await postToken(JSON.stringify({ sub: 'ada', name: 'Ada', roles: ['admin'] }))
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ token: 'aa.bb.cc', expiresAt: '2027-01-02T03:04:05.006Z' })
    expect(asked).toEqual([{ sub: 'ada', name: 'Ada', roles: ['admin'] }])
  })

  test.each([
    ['', 'The body is not valid JSON.'],
    ['{"sub":', 'The body is not valid JSON.'],
    [new Uint8Array([0x22, 0xff, 0x22]), 'The body is not valid JSON.'],
    ['[]', 'The body must be an object: {"sub", "name"?, "roles"?}.'],
    ['{}', '"sub" must be a non-empty string.'],
    ['{"sub":7}', '"sub" must be a non-empty string.'],
    ['{"sub":"ada","name":7}', '"name" must be a string.'],
    ['{"sub":"ada","roles":"admin"}', '"roles" must be a list.'],
    ['{"sub":"ada","roles":["root"]}', '"roles" may hold user, moderator, admin, service.'],
  ])('answers 400 to %s', async (body, error) => {
    const { postToken, asked } = await start()
    const response = await postToken(body)
    expect(response.status).toBe(400)
    expect(await response.json()).toEqual({ error })
    expect(asked).toEqual([])
  })

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'json'])(
    'answers 415 to a body of the type %s, which any page may post',
    async (type) => {
      const { postToken, asked } = await start()
      const response = await postToken('{"sub":"ada"}', { 'content-type': type })
      expect(response.status).toBe(415)
      expect(asked).toEqual([])
    },
  )

  test('accepts JSON with parameters and in any case', async () => {
    const { postToken } = await start()
    const headers = { 'content-type': 'Application/JSON; charset=utf-8' }
    expect((await postToken('{"sub":"ada"}', headers)).status).toBe(200)
  })

  test('answers pages of this machine, whichever origins the server allows elsewhere', async () => {
    const { url, postToken, asked } = await start({ origins: createOriginPolicy(ANY) })
    for (const origin of ['http://localhost:5173', 'https://app.localhost', 'http://[::1]:9', url]) {
      const response = await postToken('{"sub":"ada"}', { origin })
      expect([origin, response.status]).toEqual([origin, 200])
      expect(response.headers.get('access-control-allow-origin')).toBe(origin)
    }
    expect(asked).toHaveLength(4)
  })

  test.each([
    'https://evil.example',
    'null',
    'http://localhost.evil.example',
    'file://',
    'http://127.evil.example',
  ])('issues nothing to a page of %s, and lets it read nothing', async (origin) => {
    const { get, postToken, asked } = await start({ origins: createOriginPolicy(ANY) })
    const response = await postToken('{"sub":"ada"}', { origin })
    expect(response.status).toBe(403)
    expect(response.headers.get('access-control-allow-origin')).toBeNull()
    const preflight = await get('/dev/token', { method: 'OPTIONS', headers: { origin } })
    expect(preflight.headers.get('access-control-allow-origin')).toBeNull()
    expect(asked).toEqual([])
  })

  test('answers 413 to more than 16 KB', async () => {
    const { postToken } = await start()
    const response = await postToken(JSON.stringify({ sub: 'x'.repeat(16 * 1024) }))
    expect(response.status).toBe(413)
    expect(await response.json()).toEqual({ error: 'The body is larger than 16384 bytes.' })
  })

  test('accepts a chunked body of up to 16 KB', async () => {
    const { port } = await start()
    const statusOf = async (body: string) => {
      const headers = { 'content-type': 'application/json', 'transfer-encoding': 'chunked' }
      const request = sendRequest({ port, path: '/dev/token', method: 'POST', headers }).end(body)
      const [response] = await once(request, 'response')
      response.resume()
      return response.statusCode
    }
    expect(await statusOf('{"sub":"ada"}')).toBe(200)
    expect(await statusOf(JSON.stringify({ sub: 'x'.repeat(16 * 1024) }))).toBe(413)
  })

  test('survives a client that disconnects midway', async () => {
    const { port, get, faults } = await start()
    const request = sendRequest({
      port,
      path: '/dev/token',
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': 100 },
    })
    const gone = new Promise((resolve) => request.once('close', resolve))
    request.once('error', () => {})
    request.write('{"sub"', () => request.destroy())
    await gone
    expect((await get('/health')).status).toBe(200)
    expect(faults).toEqual([])
  })

  test('does not exist if no tokens are issued, with any method', async () => {
    const { get, postToken } = await start({ devTokens: null })
    expect((await postToken('{"sub":"ada"}')).status).toBe(404)
    expect((await get('/dev/token')).status).toBe(404)
    expect((await get('/dev/token', { method: 'OPTIONS' })).status).toBe(404)
  })
})

describe('An unsupported method of a path', () => {
  test.each([
    ['/health', 'POST', 'GET, HEAD, OPTIONS'],
    ['/ready', 'DELETE', 'GET, HEAD, OPTIONS'],
    ['/schema.graphql', 'PUT', 'GET, HEAD, OPTIONS'],
    ['/dev/token', 'GET', 'POST, OPTIONS'],
    ['/dev/token', 'HEAD', 'POST, OPTIONS'],
  ])('%s %s answers 405 with those that it has', async (path, method, allow) => {
    const { get } = await start()
    const response = await get(path, { method })
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe(allow)
  })
})

describe('A browser of another origin', () => {
  test('may send a preflight', async () => {
    const { get } = await start()
    const response = await get('/dev/token', { method: 'OPTIONS', headers: { origin: ORIGIN } })
    expect(response.status).toBe(204)
    expect(response.headers.get('access-control-allow-origin')).toBe(ORIGIN)
    expect(response.headers.get('access-control-allow-methods')).toContain('POST')
    expect(response.headers.get('access-control-allow-headers')).toContain('authorization')
  })

  test('reads responses and refusals if it is listed', async () => {
    const { get, postToken } = await start({ readiness: failing(new Error('x')) })
    for (const response of [
      await get('/health', { headers: { origin: ORIGIN } }),
      await get('/ready', { headers: { origin: ORIGIN } }),
      await postToken('{', { origin: ORIGIN }),
    ]) {
      expect(response.headers.get('access-control-allow-origin')).toBe(ORIGIN)
    }
  })

  test('gets no permission if it is not', async () => {
    const { get } = await start()
    const response = await get('/health', { headers: { origin: 'https://evil.example' } })
    expect(response.headers.get('access-control-allow-origin')).toBeNull()
  })
})

describe('/graphql', () => {
  test.each([
    ['POST', ''],
    ['GET', '?query={__typename}'],
    ['GET', ''],
  ])('takes an operation by %s %s, past the router', async (method, query) => {
    const { get } = await start()
    const response = await get(`/graphql${query}`, { method })
    expect(await response.text()).toBe('an operation')
    expect(response.headers.get('x-request-id')).toMatch(/^req_/)
  })

  test.each(['PUT', 'DELETE', 'HEAD'])('answers 405 to %s', async (method) => {
    const { get } = await start()
    const response = await get('/graphql', { method, headers: { origin: ORIGIN } })
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe('GET, POST, OPTIONS')
    expect(response.headers.get('access-control-allow-origin')).toBe(ORIGIN)
    expect(response.headers.get('x-request-id')).toMatch(/^req_/)
  })
})

describe('A server waiting for its database', () => {
  async function startWaiting() {
    const origins = createOriginPolicy(LISTED)
    const server = createHttpServer({ port: 0, host: '127.0.0.1', origins, log })
    await server.open()
    onTestFinished(() => server.close(0))
    return (path: string, method = 'GET') =>
      fetch(`${server.url}${path}`, { method, headers: { origin: ORIGIN } })
  }

  test('is alive, and names the database as the problem', async () => {
    const ask = await startWaiting()
    expect((await ask('/health')).status).toBe(200)
    expect((await ask('/health', 'POST')).status).toBe(405)
    const ready = await ask('/ready')
    expect(ready.status).toBe(503)
    expect(await ready.json()).toMatchObject({ ready: false, problems: [{ part: 'database' }] })
  })

  test.each(['/graphql', '/schema.graphql', '/dev/token', '/stats', '/nowhere'])(
    'answers 503 to %s, readable for listed origins',
    async (path) => {
      const ask = await startWaiting()
      for (const method of ['GET', 'POST', 'OPTIONS']) {
        const response = await ask(path, method)
        expect([method, response.status, response.headers.get('retry-after')]).toEqual([method, 503, '1'])
        expect(response.headers.get('access-control-allow-origin')).toBe(ORIGIN)
        expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'UNAVAILABLE' } }] })
      }
    },
  )
})
