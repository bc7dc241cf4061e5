import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { startNode } from '../support/node.ts'
import { freshDatabase } from '../support/postgres-shared.ts'
import { makeAuction, makeRoom, placeBid } from '../support/rooms.ts'

const GUIDE = await readFile(join(import.meta.dirname, '../../docs/guides/clients.md'), 'utf8')

interface Frame {
  readonly id?: string
  readonly type: string
  readonly payload?: { readonly data?: { readonly bids: Entry } }
}

interface Entry {
  readonly __typename: string
  readonly cursor: string
  readonly offset: number
}

/** The messages of the guide, in its order, with a token and an auction that there are. */
function messages(token: string, auctionId: string, after: string | null): readonly string[] {
  return [...GUIDE.matchAll(/```json\n(.*?)```/gs)].map(([, text = '']) => {
    const filled = text
      .replace('"…"', JSON.stringify(token))
      .replace('Bearer …', `Bearer ${token}`)
      .replace('"auc_1"', JSON.stringify(auctionId))
      .replace('"after": null', `"after": ${JSON.stringify(after)}`)
    return JSON.stringify(JSON.parse(filled))
  })
}

/** Says the three messages, and resolves with what came once it is `enough`. */
async function talk(
  url: string,
  [init = '', subscribe = '', ping = '']: readonly string[],
  isEnough: (frames: readonly Frame[]) => boolean,
): Promise<readonly Frame[]> {
  const socket = new WebSocket(url, 'graphql-transport-ws')
  const frames: Frame[] = []
  const done = Promise.withResolvers<void>()
  socket.on('open', () => socket.send(init))
  socket.on('error', done.reject)
  socket.on('message', (data) => {
    const frame: Frame = JSON.parse(String(data))
    frames.push(frame)
    if (frame.type === 'connection_ack') for (const message of [subscribe, ping]) socket.send(message)
    if (isEnough(frames)) done.resolve()
  })
  await done.promise
  socket.close()
  return frames
}

test('The protocol by hand is answered as the guide says, and continues from a cursor', async () => {
  await using node = await startNode({ databaseUrl: await freshDatabase() })
  const ann = await node.token('ann')
  const auctionId = await makeAuction(node, ann, await makeRoom(node, ann))
  const ben = await node.token('ben')
  const entriesOf = (frames: readonly Frame[]): readonly Entry[] =>
    frames.flatMap(({ id, payload }) => (id === '1' && payload?.data ? [payload.data.bids] : []))

  await placeBid(node, ben, { auctionId, amount: 500 })
  const first = await talk(
    node.wsUrl,
    messages(ben, auctionId, null),
    (frames) => entriesOf(frames).length === 1 && frames.some(({ type }) => type === 'pong'),
  )
  expect(first[0]?.type).toBe('connection_ack')
  const [snapshot] = entriesOf(first)
  expect(snapshot?.__typename).toBe('AuctionSnapshot')

  for (const amount of [600, 700]) await placeBid(node, ben, { auctionId, amount })
  const second = await talk(
    node.wsUrl,
    messages(ben, auctionId, snapshot?.cursor ?? null),
    (frames) => entriesOf(frames).length === 2,
  )
  expect(entriesOf(second).map(({ __typename, offset }) => [__typename, offset])).toEqual([
    ['BidPlaced', (snapshot?.offset ?? 0) + 1],
    ['BidPlaced', (snapshot?.offset ?? 0) + 2],
  ])
})
