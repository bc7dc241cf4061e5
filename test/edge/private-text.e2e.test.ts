import { Client } from 'pg'
import { expect, test } from 'vitest'
import { connect, post, record } from '../support/graphql-client.ts'
import { startNode } from '../support/node.ts'
import { freshDatabase } from '../support/postgres-shared.ts'
import { makeRoom } from '../support/rooms.ts'
import { openSocket } from '../support/socket.ts'
import { startTraceReceiver } from '../support/trace-receiver.ts'

const MARKER = 'MYPRIVATEBODY'
const SEND = `mutation ($input: SendMessageInput!) { sendMessage(input: $input) { __typename } }`
const CREATE = `mutation ($input: CreateRoomInput!) { createRoom(input: $input) { __typename } }`
const READ = `{ room(id: "${MARKER}") { id } node(id: "${MARKER}") { id } }`

/** A database that rejects rows with the marker, and whose messages cannot be read afterwards. */
async function corruptRows(databaseUrl: string, statements: readonly string[]): Promise<void> {
  const client = new Client(databaseUrl)
  await client.connect()
  for (const statement of statements) await client.query(statement)
  await client.end()
}

test('User input is in no log line and in no trace, whatever fails', async () => {
  const databaseUrl = await freshDatabase()
  await using receiver = await startTraceReceiver()
  await using node = await startNode({
    databaseUrl,
    env: {
      LOG_LEVEL: 'trace',
      LOG_FORMAT: 'json',
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_BSP_SCHEDULE_DELAY: '100',
    },
  })
  const { url, wsUrl } = node
  const [ann, admin] = [await node.token('ann'), await node.token('root', { roles: ['admin'] })]
  const roomId = await makeRoom(node, ann, { kind: 'CHAT' })
  await corruptRows(databaseUrl, [
    `ALTER TABLE messages ADD CHECK (body NOT LIKE '%${MARKER}%')`,
    `ALTER TABLE rooms ADD CHECK (name NOT LIKE '%${MARKER}%')`,
    `ALTER TABLE announcements ADD CHECK (title NOT LIKE '%${MARKER}%')`,
  ])
  const input = { roomId, body: `about ${MARKER}`, clientMessageId: MARKER }
  const refused = await post(url, SEND, { input }, ann)
  expect(refused.errors?.[0]?.extensions?.['code']).toBe('INTERNAL_SERVER_ERROR')
  await post(url, CREATE, { input: { name: MARKER, kind: 'CHAT' } }, ann)
  const publication = JSON.stringify({ audience: 'GLOBAL', title: MARKER, body: MARKER })
  for (const body of [publication, `{"audience": "${MARKER}"`, `["${MARKER}"`, MARKER]) {
    const headers = { authorization: `Bearer ${admin}`, 'content-type': 'application/json' }
    await fetch(`${url}/broadcast`, { method: 'POST', headers, body })
    await fetch(`${url}/graphql`, { method: 'POST', headers, body })
  }
  await corruptRows(databaseUrl, [
    'ALTER TABLE messages RENAME TO hidden',
    'ALTER TABLE rooms RENAME COLUMN name TO title',
  ])
  await post(url, READ, {}, ann)
  await post(url, `query ($id: ID!) { messages(roomId: $id) { edges { node { id } } } }`, { id: MARKER }, ann)
  await post(url, SEND, { input: { ...input, body: { [MARKER]: MARKER } } }, ann)
  await post(url, `{ ${MARKER}(id: "${MARKER}") }`, {}, ann)
  await post(url, `query ${MARKER} { "${MARKER}"`, {}, ann)
  await fetch(`${url}/${MARKER}?${MARKER}`, { headers: { 'x-name': MARKER } })
  await fetch(`${url}/graphql?query=${MARKER}&variables=${MARKER}&extensions=${MARKER}`)

  const client = connect(wsUrl, ann)
  await record(client, `subscription { messages(roomId: "${MARKER}") { __typename } }`).ended
  await client.dispose()
  for (const frame of [
    `{"type":"${MARKER}"}`,
    `{"id":"${MARKER}","type":"subscribe"`,
    `${MARKER}"${MARKER}"`,
  ]) {
    using socket = await openSocket(wsUrl)
    await socket.init()
    socket.send(frame)
    await socket.closed
  }
  using parameters = await openSocket(wsUrl)
  parameters.send({
    type: 'connection_init',
    payload: { authorization: `Bearer ${MARKER}`, [MARKER]: MARKER },
  })
  await parameters.closed

  await node.stop()
  const output = await node.exited
  expect(output).toContain('"level":50')
  expect(output).toContain('"code":"23514"')
  expect(output.split('\n').filter((line) => line.includes(MARKER))).toEqual([])
  expect(receiver.spans.length).toBeGreaterThan(5)
  expect(receiver.text).not.toContain(MARKER)
}, 60_000)
