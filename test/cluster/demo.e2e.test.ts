import { expect, test } from 'vitest'
import { post } from '../support/graphql-client.ts'
import { startNode } from '../support/node.ts'
import { freshDatabase } from '../support/postgres-shared.ts'

test('a node with a demo has its room and a live lot for the first client', async () => {
  await using node = await startNode({ databaseUrl: await freshDatabase(), env: { DEMO: 'true' } })
  const query = '{ room(id: "demo") { phase } auctions(first: 1, phase: LIVE) { edges { node { roomId } } } }'
  expect(await post(node.url, query)).toEqual({
    data: { room: { phase: 'LIVE' }, auctions: { edges: [{ node: { roomId: 'room_demo' } }] } },
  })
})

test('a node with a demo has a trade room in which orders are sent and filled', async () => {
  await using node = await startNode({ databaseUrl: await freshDatabase(), env: { DEMO: 'true' } })
  const token = await node.token('ann')
  const join = 'mutation { joinRoom(roomId: "demo-trade") { __typename } }'
  await post(node.url, join, {}, token)
  const query = `{
    orders(roomId: "demo-trade") { status }
    portfolios(roomId: "demo-trade") { equity cash realizedPnl unrealizedPnl user { id } }
    room(id: "demo-trade") { leaderboard { standings { score user { id } } } }
  }`
  interface Floor {
    readonly orders: readonly { readonly status: string }[]
    readonly portfolios: readonly { readonly equity: number; readonly user: { readonly id: string } }[]
    readonly room: {
      readonly leaderboard: { readonly standings: readonly { readonly score: number }[] }
    }
  }
  await expect
    .poll(
      async () => {
        const { data } = await post(node.url, query, {}, token)
        const { orders, portfolios, room } = data as unknown as Floor
        const isFilled = orders.some(({ status }) => status === 'FILLED')
        const scores = room.leaderboard.standings.map(({ score }) => score)
        return isFilled && portfolios.length > 0 && portfolios.every(({ equity }) => scores.includes(equity))
      },
      { timeout: 50_000, interval: 300 },
    )
    .toBe(true)
})
