import { expect, test } from 'vitest'
import { post } from '../support/graphql-client.ts'
import { startNode } from '../support/node.ts'
import { freshDatabase } from '../support/postgres-shared.ts'

test('a node with a demo has its room and a live lot for the first client', async () => {
  await using node = await startNode({ databaseUrl: await freshDatabase(), env: { DEMO: 'true' } })
  const query = '{ room(id: "demo") { phase } auctions(first: 1, phase: LIVE) { edges { node { roomId } } } }'
  expect(await post(node.url, query)).toEqual({
    data: { room: { phase: 'LIVE' }, auctions: { edges: [{ node: { roomId: 'demo' } }] } },
  })
})
