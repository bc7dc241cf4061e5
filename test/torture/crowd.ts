import { setTimeout as pause } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { createRandom } from '../support/random.ts'
import { signToken } from '../support/tokens.ts'
import type { Places } from './places.ts'

/** Users who connect, subscribe and leave: by closing, or like a pulled cable. */
export interface Crowd {
  readonly visits: number
  /** Resolves when all have left. */
  leave(): Promise<void>
}

interface Operation {
  readonly query: string
  readonly variables: object
}

const MOST_FOLLOWED = 4
const STAY_MS = 2_500
const PAUSE_MS = 400
/** How long an orderly close waits for the other side. */
const PATIENCE_MS = 1_000
const USERS = 12

/** Every kind of subscription that a node holds state for. */
function operationsIn({ roomIds: [roomId], auctionIds: [auctionId] }: Places): readonly Operation[] {
  const room = { id: roomId }
  const auction = { id: auctionId }
  return [
    ...['presence(roomId: $id) { count }', 'typing(roomId: $id) { __typename }'].map((field) =>
      inRoom(field, room),
    ),
    ...['messages', 'roomState'].map((field) => inRoom(`${field}(roomId: $id) { __typename }`, room)),
    ...['bids', 'leaderboard'].map((field) => inRoom(`${field}(auctionId: $id) { __typename }`, auction)),
    inRoom('auctionState(auctionId: $id, everyMs: 200) { currentPrice }', auction),
    inRoom('auctionUpdates(roomId: $id) { currentPrice }', room),
    ...['announcements { __typename }', 'notifications { __typename }', 'serverTime(everyMs: 500)'].map(
      (field) => ({ query: `subscription { ${field} }`, variables: {} }),
    ),
  ]
}

function inRoom(field: string, variables: object): Operation {
  return { query: `subscription ($id: ID!) { ${field} }`, variables }
}

/** `size` users, distributed over the nodes. */
export function gather(urls: readonly string[], places: Places, size: number, seed: number): Crowd {
  const operations = operationsIn(places)
  let isOver = false
  let visits = 0

  async function live(person: number): Promise<void> {
    const random = createRandom(seed + person)
    // One in three is a visitor.
    const token = person % 3 === 0 ? undefined : await signToken(`guest ${person % USERS}`)
    while (!isOver) {
      visits += 1
      await visit(urls[random(urls.length)] ?? '', token, operations, random)
      await pause(random(PAUSE_MS))
    }
  }

  const lives = Promise.all(Array.from({ length: size }, (_, person) => live(person)))
  return {
    get visits() {
      return visits
    },
    async leave() {
      isOver = true
      await lives
    },
  }
}

async function visit(
  url: string,
  token: string | undefined,
  operations: readonly Operation[],
  random: (below: number) => number,
): Promise<void> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
  const gone = new Promise((resolve) => socket.once('close', resolve))
  // A node may be down.
  socket.on('error', () => {})
  socket.on('open', () => socket.send(JSON.stringify({ type: 'connection_init', payload: { token } })))
  const followed = Array.from(
    { length: 1 + random(MOST_FOLLOWED) },
    () => operations[random(operations.length)],
  )
  socket.on('message', (data) => {
    if (!String(data).includes('"connection_ack"')) return
    for (const [id, payload] of followed.entries())
      socket.send(JSON.stringify({ id: `${id}`, type: 'subscribe', payload }))
  })
  await Promise.race([pause(random(STAY_MS)), gone])
  const isOrderly = random(2) === 0
  if (isOrderly && socket.readyState === socket.OPEN) {
    socket.send('{"id":"0","type":"complete"}')
    socket.close()
    await Promise.race([pause(PATIENCE_MS), gone])
  }
  socket.terminate()
  await gone
}
