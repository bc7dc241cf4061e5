import { expect, test } from 'vitest'
import { openEventStream } from '../support/event-stream.ts'
import { post } from '../support/graphql-client.ts'
import { startNode } from '../support/node.ts'
import { freshDatabase } from '../support/postgres-shared.ts'
import { openSocket } from '../support/socket.ts'
import { signToken } from '../support/tokens.ts'

const WHO = '{ viewer { user { id } } }'
const AUTHENTICATE = 'mutation ($token: String!) { authenticate(token: $token) { __typename } }'

test('With LOG_LEVEL=trace, no token received over any transport is in the server’s output', async () => {
  await using node = await startNode({
    databaseUrl: await freshDatabase(),
    env: { LOG_LEVEL: 'trace', LOG_FORMAT: 'json' },
  })
  const { url, wsUrl } = node
  const good = await signToken('ada')
  const issued = await node.token('ada')
  const expired = await signToken('ada', { lifetimeMs: -1 })
  const forged = await signToken('ada', { secret: 'not the secret of this server, by no means' })
  const opaque = 'opaque-token-0123456789'
  const tokens = [good, issued, expired, forged, opaque]

  for (const token of tokens) {
    await post(url, WHO, {}, token)
    await fetch(`${url}/graphql?query=${WHO}&token=${token}`)
    await fetch(`${url}/nowhere?token=${token}`, { headers: { authorization: `Bearer ${token}` } })
    await using stream = await openEventStream(url, { query: WHO, token })
    await stream.response.arrayBuffer()
    await using broken = await openEventStream(url, {
      query: '{',
      headers: { authorization: `Bearer ${token}` },
    })
    await broken.response.arrayBuffer()

    for (const payload of [{ authorization: `Bearer ${token}` }, { token }]) {
      using socket = await openSocket(wsUrl)
      socket.send({ type: 'connection_init', payload })
      await Promise.race([socket.receive('connection_ack'), socket.closed])
    }
    using byAddress = await openSocket(`${wsUrl}?token=${token}`)
    byAddress.send({ type: 'connection_init' })
    await Promise.race([byAddress.receive('connection_ack'), byAddress.closed])
    using byHeader = await openSocket(wsUrl, { headers: { authorization: `Bearer ${token}` } })
    byHeader.send({ type: 'connection_init' })
    await Promise.race([byHeader.receive('connection_ack'), byHeader.closed])

    using later = await openSocket(wsUrl)
    await later.init()
    await later.run(AUTHENTICATE, { token })
    await later.run(`mutation { authenticate(token: "${token}") { __typename } }`)
    await later.receive('error', later.subscribe(`mutation { authenticate(token: "${token}") { nothing } }`))
    later.send({ type: 'ping', payload: { authorization: `Bearer ${token}` } })
    await Promise.race([later.receive('pong'), later.closed])

    using broke = await openSocket(wsUrl)
    broke.send(`{"type":"connection_init","payload":{"token":"${token}"`)
    await broke.closed
  }

  await node.stop()
  const output = await node.exited
  expect(output).toContain('"level":20')
  for (const token of tokens) {
    expect(output).not.toContain(token)
    // Nor its signature, which is what makes it a token.
    expect(output).not.toContain(token.split('.').at(-1))
  }
})
