import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { post } from '../support/graphql-client.ts'
import { OWN_SECRET, startNode, type TestNode } from '../support/node.ts'
import { freshDatabase } from '../support/postgres-shared.ts'
import { openSocket } from '../support/socket.ts'
import { signToken } from '../support/tokens.ts'

const COMMITTED_SCHEMA = join(import.meta.dirname, '../../schema.graphql')
const PAGE = { headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } }

let development: TestNode
let production: TestNode

beforeAll(async () => {
  const [one, other] = await Promise.all([freshDatabase(), freshDatabase()])
  ;[development, production] = await Promise.all([
    startNode({ databaseUrl: one, env: OWN_SECRET }),
    startNode({ databaseUrl: other, env: { NODE_ENV: 'production' } }),
  ])
})
afterAll(async () => {
  await development[Symbol.asyncDispose]()
  await production[Symbol.asyncDispose]()
})

function askForToken(node: TestNode, body: string): Promise<Response> {
  const headers = { 'content-type': 'application/json' }
  return fetch(`${node.url}/dev/token`, { method: 'POST', headers, body })
}

describe('A node in development', () => {
  test('answers /health on exactly that path', async () => {
    expect((await fetch(`${development.url}/health`)).status).toBe(200)
    for (const path of ['/health/', '/healthz', '/Health', '/x/health', '/graphql/health'])
      expect((await fetch(`${development.url}${path}`)).status).toBe(404)
  })

  test('is ready', async () => {
    const response = await fetch(`${development.url}/ready`)
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ ready: true, warnings: [] })
  })

  test('shows the schema that is committed', async () => {
    const response = await fetch(`${development.url}/schema.graphql`)
    expect(response.status).toBe(200)
    expect((await response.text()).trim()).toBe((await readFile(COMMITTED_SCHEMA, 'utf8')).trim())
  })

  test('serves GraphiQL, with subscriptions over WebSocket, to browsers only', async () => {
    const page = await fetch(`${development.url}/graphql`, PAGE)
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
    const html = await page.text()
    expect(html).toContain('"subscriptionsProtocol":"WS"')
    expect(html).toContain('id="token"')
    const answer = await fetch(`${development.url}/graphql?query={__typename}`, PAGE)
    expect(answer.headers.get('content-type')).toContain('json')
  })

  test('serves a GraphiQL that ignores the token of a link from another site', async () => {
    const scriptFor = async (site?: string) => {
      const headers = { ...PAGE.headers, ...(site === undefined ? {} : { 'sec-fetch-site': site }) }
      const page = await fetch(`${development.url}/graphql`, { headers })
      expect(page.headers.get('vary')).toContain('Sec-Fetch-Site')
      return /const given = (\w+) \? linked/.exec(await page.text())?.[1]
    }
    const sites = [undefined, 'none', 'same-origin', 'same-site', 'cross-site']
    expect(await Promise.all(sites.map(scriptFor))).toEqual(['true', 'true', 'true', 'false', 'false'])
  })

  test('tells browsers not to sniff types, and not to send referrers', async () => {
    const json = { 'content-type': 'application/json' }
    const asked = { method: 'POST', headers: json, body: '{"query":"{ __typename }"}' }
    for (const [path, init] of [
      ['/ops', PAGE],
      ['/graphql', PAGE],
      ['/graphql', asked],
      ['/health', {}],
      ['/graphql?query={__typename}', {}],
    ] as const) {
      const { headers } = await fetch(`${development.url}${path}`, init)
      expect([path, headers.get('referrer-policy'), headers.get('x-content-type-options')]).toEqual([
        path,
        'no-referrer',
        'nosniff',
      ])
      expect(headers.get('cache-control')).toMatch(/no-store|no-cache/)
    }
  })

  test('issues tokens that it accepts', async () => {
    const askedAt = Date.now()
    const response = await askForToken(development, '{"sub":"ada","name":"Ada","roles":["moderator"]}')
    expect(response.status).toBe(200)
    const { token, expiresAt } = (await response.json()) as Readonly<Record<'token' | 'expiresAt', string>>
    expect(Date.parse(expiresAt)).toBeGreaterThan(askedAt)
    const query = '{ viewer { user { id name } roles expiresAt } }'
    expect(await post(development.url, query, {}, token)).toEqual({
      data: { viewer: { user: { id: 'ada', name: 'Ada' }, roles: ['USER', 'MODERATOR'], expiresAt } },
    })
  })

  test.each(['', '{', '[]', '{}', '{"sub":""}', '{"sub":7}', '{"sub":"ada","roles":["root"]}'])(
    'issues none for %j, and gives the reason',
    async (body) => {
      const response = await askForToken(development, body)
      expect(response.status).toBe(400)
      expect(await response.json()).toEqual({ error: expect.stringMatching(/\.$/) })
    },
  )

  test('answers an unsupported method with 405', async () => {
    const response = await fetch(`${development.url}/dev/token`)
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toContain('POST')
  })
})

describe.each(['development', 'test', 'production'])('A node in %s with a configured secret', (mode) => {
  test('issues no tokens', async () => {
    await using node = await startNode({ databaseUrl: await freshDatabase(), env: { NODE_ENV: mode } })
    expect((await askForToken(node, '{"sub":"ada"}')).status).toBe(404)
  })
})

describe('A node in production', () => {
  test('is ready and alive', async () => {
    expect((await fetch(`${production.url}/health`)).status).toBe(200)
    expect((await fetch(`${production.url}/ready`)).status).toBe(200)
  })

  test('issues no tokens, and accepts those signed with its secret', async () => {
    expect((await askForToken(production, '{"sub":"ada"}')).status).toBe(404)
    const token = await signToken('ada')
    expect(await post(production.url, '{ viewer { user { id } } }', {}, token)).toEqual({
      data: { viewer: { user: { id: 'ada' } } },
    })
  })

  test('shows no schema', async () => {
    expect((await fetch(`${production.url}/schema.graphql`)).status).toBe(404)
  })

  test('allows no introspection', async () => {
    const { data, errors } = await post(production.url, '{ __schema { queryType { name } } }')
    expect(data).toBeUndefined()
    expect(new Set(errors?.map(({ extensions }) => extensions?.['code']))).toEqual(
      new Set(['GRAPHQL_VALIDATION_FAILED']),
    )
  })

  test('shows no GraphiQL', async () => {
    const response = await fetch(`${production.url}/graphql`, PAGE)
    expect(response.headers.get('content-type')).not.toContain('text/html')
    expect(await response.text()).not.toContain('GraphiQL')
  })

  test('has no demo page', async () => {
    expect((await fetch(`${production.url}/`)).status).toBe(404)
  })

  test('accepts only pages of its own origin', async () => {
    const foreign = { origin: 'https://evil.example' }
    const answer = await fetch(`${production.url}/graphql?query={__typename}`, { headers: foreign })
    expect(answer.headers.get('access-control-allow-origin')).toBeNull()
    await expect(openSocket(production.wsUrl, { headers: foreign })).rejects.toThrow('403')
    using socket = await openSocket(production.wsUrl, { headers: { origin: production.url } })
    expect(await socket.init()).toMatchObject({ authenticated: false })
  })
})

describe('A node in production with everything enabled', () => {
  test('serves its schema, GraphiQL and the demo page, but issues no tokens', async () => {
    const asked = { GRAPHIQL: 'on', PUBLIC_SCHEMA: 'on', INTROSPECTION: 'on', DEMO: 'on' }
    await using node = await startNode({
      databaseUrl: await freshDatabase(),
      env: { NODE_ENV: 'production', ...asked },
    })
    expect((await fetch(`${node.url}/schema.graphql`)).status).toBe(200)
    expect(await (await fetch(`${node.url}/graphql`, PAGE)).text()).toContain('GraphiQL')
    expect((await fetch(`${node.url}/`, PAGE)).headers.get('content-type')).toContain('text/html')
    const { data } = await post(node.url, '{ __schema { queryType { name } } }')
    expect(data).toEqual({ __schema: { queryType: { name: 'Query' } } })
    expect((await askForToken(node, '{"sub":"ada"}')).status).toBe(404)
  })
})
