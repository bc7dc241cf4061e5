import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse, print, separateOperations } from 'graphql'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { startNode, type TestNode } from '../support/node.ts'
import { freshDatabase } from '../support/postgres-shared.ts'
import { makeAuction, makeRoom } from '../support/rooms.ts'
import { openSocket, type Socket } from '../support/socket.ts'
import { costlySubscription } from '../torture/attack-documents.ts'

const ROOMS = 30
const ROOT = join(import.meta.dirname, '../..')
/** What the live page subscribes to in a room, for a visitor. */
const OF_ROOM = [
  'LiveRoom',
  'LiveMessages',
  'LivePresence',
  'LiveTyping',
  'LiveAuctions',
  'LiveAnnouncements',
]
const OF_AUCTION = ['LiveAuction', 'LiveLeaderboard']

let node: TestNode
const rooms: { readonly roomId: string; readonly auctionId: string }[] = []
const documents = new Map<string, string>()

beforeAll(async () => {
  node = await startNode({ databaseUrl: await freshDatabase() })
  const token = await node.token('a service', { roles: ['service'] })
  for (let made = 0; made < ROOMS; made += 1) {
    const roomId = await makeRoom(node, token)
    rooms.push({ roomId, auctionId: await makeAuction(node, token, roomId) })
  }
  const text = await readFile(join(ROOT, 'client/src/state/documents.graphql'), 'utf8')
  for (const [name, document] of Object.entries(separateOperations(parse(text))))
    documents.set(name, print(document))
})

afterAll(() => node[Symbol.asyncDispose]())

async function visit(): Promise<Socket> {
  const socket = await openSocket(node.wsUrl)
  onTestFinished(() => socket[Symbol.dispose]())
  await socket.init()
  return socket
}

function watch(socket: Socket, names: readonly string[], variables: object): readonly string[] {
  return names.map((name) => socket.subscribe(documents.get(name) ?? name, variables))
}

/** The error code that ended each, or `running`. */
async function fates(socket: Socket, ids: readonly string[]): Promise<readonly (string | undefined)[]> {
  return await Promise.all(
    ids.map(async (id) => {
      const { type, payload } = await Promise.race([socket.receive('next', id), socket.receive('error', id)])
      return type === 'next' ? 'running' : /"code":"(\w+)"/.exec(JSON.stringify(payload))?.[1]
    }),
  )
}

describe('Visitors of one address', () => {
  test('watch thirty different rooms with the live page', async () => {
    const all = await Promise.all(
      rooms.map(async ({ roomId, auctionId }) => {
        const socket = await visit()
        const ids = [...watch(socket, OF_ROOM, { roomId }), ...watch(socket, OF_AUCTION, { auctionId })]
        return await fates(socket, ids)
      }),
    )
    expect(new Set(all.flat())).toEqual(new Set(['running']))
  })

  test('that subscribe to one topic with unrelated selections are refused', async () => {
    const [room] = rooms
    const socket = await visit()
    const ids = Array.from({ length: 20 }, (_, number) =>
      socket.subscribe(costlySubscription(room?.roomId ?? '', number)),
    )
    const codes = await fates(socket, ids)
    expect(codes.filter((code) => code === 'running')).toHaveLength(3)
    expect(codes.filter((code) => code === 'TOO_MANY_SUBSCRIPTIONS')).toHaveLength(17)
    // Honest visitors of that room and that address still fit.
    const page = watch(socket, OF_ROOM, { roomId: room?.roomId })
    expect(await fates(socket, page)).toEqual(page.map(() => 'running'))
  })

  test('that do so in every room are refused in each of them', async () => {
    const codes: (string | undefined)[] = []
    for (const { roomId } of rooms) {
      const socket = await visit()
      const ids = Array.from({ length: 5 }, (_, number) =>
        socket.subscribe(costlySubscription(roomId, number)),
      )
      codes.push(...(await fates(socket, ids)))
    }
    expect(codes.filter((code) => code === 'running')).toHaveLength(3 * ROOMS)
    expect(codes.filter((code) => code === 'TOO_MANY_SUBSCRIPTIONS')).toHaveLength(2 * ROOMS)
  })
})
