import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { request } from 'node:http'
import { describe, expect, test } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { startNode } from '../support/node.ts'
import { withClient } from '../support/postgres-databases.ts'
import { freshDatabase } from '../support/postgres-shared.ts'
import { startProxy } from '../support/proxy.ts'

/** The response status of an upgrade. */
async function upgradeStatus(port: number): Promise<number | undefined> {
  const asked = request({
    ...{ host: '127.0.0.1', port, path: '/graphql' },
    headers: {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
      'sec-websocket-protocol': 'graphql-transport-ws',
    },
  })
  asked.end()
  const [response] = await Promise.race([once(asked, 'response'), once(asked, 'upgrade')])
  asked.destroy()
  return response.statusCode
}

describe('A node that starts while its database is down', () => {
  test('listens, reports it, and becomes ready by itself', async () => {
    const own = new URL(await freshDatabase())
    await using proxy = await startProxy(Number(own.port))
    proxy.shut()
    const port = await freePort()
    const away = new URL(own)
    away.port = String(proxy.port)
    const starting = startNode({ databaseUrl: away.href, port })
    const url = `http://127.0.0.1:${port}`
    const status = async (path: string): Promise<number | null> =>
      fetch(`${url}${path}`).then(
        (response) => response.status,
        () => null,
      )
    await expect.poll(() => status('/health'), { timeout: 20_000 }).toBe(200)
    const ready = await fetch(`${url}/ready`)
    expect(ready.status).toBe(503)
    expect(await ready.json()).toMatchObject({ ready: false, problems: [{ part: 'database' }] })
    const answer = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"query":"{ __typename }"}',
    })
    expect(answer.status).toBe(503)
    expect(await answer.json()).toMatchObject({ errors: [{ extensions: { code: 'UNAVAILABLE' } }] })
    expect(await upgradeStatus(port)).toBe(503)

    proxy.open()
    await using node = await starting
    expect(await upgradeStatus(port)).toBe(101)
    const served = await fetch(`${node.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"query":"{ __typename }"}',
    })
    expect(await served.json()).toEqual({ data: { __typename: 'Query' } })
    await node.stop()
    expect((await node.exited).match(/the database is away/g)).toHaveLength(1)
  })

  test('exits on a permanent error: the database does not exist', async () => {
    const missing = new URL(await freshDatabase())
    missing.pathname = '/no_such_database'
    await expect(startNode({ databaseUrl: missing.href })).rejects.toThrow(
      /the server could not start: database \\*"no_such_database\\*" does not exist/,
    )
  })
})

describe('A node whose database stops responding', () => {
  test('answers every command within 30 s, and recovers with the next connection', async () => {
    const own = new URL(await freshDatabase())
    await using proxy = await startProxy(Number(own.port))
    const through = new URL(own)
    through.port = String(proxy.port)
    await using node = await startNode({ databaseUrl: through.href })
    const token = await node.token('ann', { roles: ['admin'] })
    const send = async (): Promise<string> => {
      const response = await fetch(`${node.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify({
          query: `mutation ($id: String!) {
            sendMessage(input: { roomId: "global", body: "hello", clientMessageId: $id }) { __typename ... on Rejected { code } }
          }`,
          variables: { id: randomUUID() },
        }),
      })
      return JSON.stringify(await response.json())
    }
    const first = await send()
    expect(first).toContain('MessagePayload')
    // Old connections stay open without responses; new ones reach a working server, as after a failover behind a proxy.
    proxy.swallow()
    proxy.heal()
    const beganAt = Date.now()
    const answers = await Promise.all(
      Array.from({ length: 20 }, async () => ({ text: await send(), afterMs: Date.now() - beganAt })),
    )
    expect(Math.max(...answers.map(({ afterMs }) => afterMs))).toBeLessThan(30_000)
    for (const { text } of answers) expect(text).toMatch(/MessagePayload|UNAVAILABLE|OVERLOADED/)
    expect(await send()).toContain('MessagePayload')
    await withClient(own.href, async (client) => {
      const { rows } = await client.query("SELECT count(*)::int AS count FROM messages WHERE body = 'hello'")
      const accepted = answers.filter(({ text }) => text.includes('MessagePayload')).length + 2
      expect(rows).toEqual([{ count: accepted }])
    })
  })
})
