import { describe, expect, test } from 'vitest'
import type { ConnectionControl } from '../../src/resolvers/context.ts'
import { createFixture, NOW, viewer } from './fixtures.ts'

const admin = viewer('admin', 'ADMIN')
const user = viewer('user')

describe('the server', () => {
  test('shows each caller what they may do here', async () => {
    const { run } = await createFixture()
    const query =
      '{ server { version node time capabilities } viewer { user { name } roles expiresAt } echo(message: "x") }'
    const server = { version: '1.2.3', node: 'node_1', time: new Date(NOW).toISOString() }
    expect(await run(null, query)).toEqual({
      server: { ...server, capabilities: [] },
      viewer: null,
      echo: 'x',
    })
    expect(await run(user, query)).toMatchObject({
      server: { capabilities: ['bids', 'messages', 'notifications', 'presence', 'rooms'] },
      viewer: { user: { name: 'USER' }, roles: ['USER'], expiresAt: '9999-12-31T23:59:59.999Z' },
    })
    expect(await run(admin, query)).toMatchObject({
      server: {
        capabilities: [
          ...['announcements', 'bids', 'messages', 'notifications', 'operations', 'presence', 'rooms'],
          'trading',
        ],
      },
      viewer: { roles: ['USER', 'ADMIN'] },
    })
  })

  test('ticks by its clock', async () => {
    const { plan, present } = await createFixture()
    const pulse = await plan(null, 'serverTime', {})
    expect(pulse).toMatchObject({ kind: 'pulse', everyMs: 1000 })
    const value = pulse.kind === 'pulse' ? pulse.value() : undefined
    expect(await present('subscription { serverTime }', value)).toEqual({
      serverTime: new Date(NOW).toISOString(),
    })
  })

  test('signs in no request without a connection', async () => {
    const { run } = await createFixture()
    const text = 'mutation { authenticate(token: "t") { ... on Rejected { code field } } }'
    expect(await run(null, text)).toEqual({ authenticate: { code: 'INVALID_INPUT', field: 'token' } })
  })

  test('signs the connection in that a call came by, or says why not', async () => {
    const { run, services } = await createFixture()
    const text = `mutation ($token: String!) { authenticate(token: $token) {
      ... on Authenticated { viewer { user { id } rooms { edges { cursor } } } } ... on Rejected { code field reason } } }`
    const connection: ConnectionControl = {
      presence: services.presence.openSession(),
      onRateLimited: () => {},
      authenticate: async (token) =>
        token === 'good' ? { kind: 'ok', viewer: user } : { kind: 'refused', reason: 'It has expired.' },
    }
    expect(await run(null, text, { token: 'good' }, connection)).toEqual({
      authenticate: { viewer: { user: { id: 'user' }, rooms: { edges: [] } } },
    })
    expect(await run(null, text, { token: 'bad' }, connection)).toEqual({
      authenticate: { code: 'INVALID_INPUT', field: 'token', reason: 'It has expired.' },
    })
  })
})
