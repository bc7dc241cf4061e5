import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { createCaller } from '../../support/caller.ts'
import { scrape } from '../../support/scrape.ts'
import { breachCount } from '../check.ts'
import type { Fault } from '../fault.ts'
import { megabytes, memoryOf } from '../processes.ts'
import { type Outcome, perform, type Scenario, type Setting } from '../scenario.ts'

const BURST = { nodes: 2, rooms: 2, publishers: 6, pauseMs: 200 }
const SHARE = 0.01
/** More than the kernel buffers for a socket that is not read (up to 37 MB by Linux's settings). */
const FLOOD = { messages: 80, at: 8, copies: 60, body: '€'.repeat(4_000) }
const LOOK_MS = 20
const CUT_WITHIN_MS = 60_000
const SEND = 'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { __typename } }'
const COPIES = Array.from({ length: FLOOD.copies }, (_, index) => `c${index}: body`).join(' ')
/** A client that selects this much of each message fills its buffers first. */
const GREEDY = `subscription ($roomId: ID!) { messages(roomId: $roomId) {
  __typename ... on MessageSent { message { ${COPIES} } } } }`

/** Fault 9: runs the same burst with and without slow clients. */
export const stoppedReaders: Fault = {
  number: 9,
  name: '1 % of the clients stop reading',
  async run(form, seed, postgres) {
    const watchersEach = form === 'short' ? 20 : 100
    const rounds = form === 'short' ? 1 : 10
    const setting = { ...BURST, watchersEach, seed, postgres }
    const without = await flooded(setting, rounds, 0)
    if (breachCount(without.result) > 0)
      throw new Error(`Promises were broken though everyone read: ${JSON.stringify(without)}`)
    const outcome = await flooded(setting, rounds, SHARE)
    return {
      ...outcome,
      also: {
        ...outcome.also,
        'p99 without them': `${Math.round(without.result.delayMs?.p99 ?? 0)} ms`,
        'peak RSS without them': without.also['peak RSS of a node'] ?? '',
      },
    }
  },
}

/** A burst with big messages, in which some clients stop reading in each round. */
function flooded(setting: Setting, rounds: number, share: number): Promise<Outcome> {
  return perform(setting, async (scenario) => {
    const { nodes, places } = scenario
    const clients = setting.watchersEach * places.topics.length
    const stopping = Math.ceil(clients * share)
    let slowestMs = 0
    for (let round = 0; round < rounds; round += 1) {
      const roomId = places.roomIds[round % places.roomIds.length] ?? ''
      await using stack = new AsyncDisposableStack()
      for (let each = 0; each < stopping; each += 1)
        stack.use(await openStopped(nodes[each % nodes.length]?.node.wsUrl ?? '', roomId))
      const wanted = (round + 1) * stopping
      const [cutMs] = await Promise.all([untilCut(scenario, wanted), flood(scenario, roomId)])
      slowestMs = Math.max(slowestMs, cutMs)
    }
    const peaks = await Promise.all(nodes.map(async ({ node }) => (await memoryOf(node.pid)).peak))
    return {
      clients: `${clients}, and ${stopping * rounds} that stopped`,
      'time to close them, at most': `${slowestMs} ms`,
      'peak RSS of a node': megabytes(Math.max(...peaks)),
    }
  })
}

/** A client that has started, and stops reading. */
async function openStopped(wsUrl: string, roomId: string): Promise<Disposable> {
  const socket = new WebSocket(wsUrl, 'graphql-transport-ws')
  const begun = Promise.withResolvers<void>()
  // Its failure is the expected outcome.
  socket.on('error', begun.reject)
  socket.on('open', () => socket.send('{"type":"connection_init"}'))
  socket.on('message', (data) => {
    const { type } = JSON.parse(String(data)) as { readonly type: string }
    const payload = { query: GREEDY, variables: { roomId } }
    if (type === 'connection_ack') socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload }))
    if (type === 'next') begun.resolve()
  })
  await begun.promise
  socket.pause()
  return { [Symbol.dispose]: () => socket.terminate() }
}

async function flood({ nodes, places }: Scenario, roomId: string): Promise<void> {
  const [first] = nodes
  if (first === undefined) throw new RangeError('a scenario has a node')
  await using author = await createCaller(first.node, places.author)
  const send = (): Promise<unknown> =>
    author.ask(SEND, { input: { roomId, body: FLOOD.body, clientMessageId: randomUUID() } })
  for (let sent = 0; sent < FLOOD.messages; sent += FLOOD.at)
    await Promise.all(Array.from({ length: FLOOD.at }, send))
}

/** Resolves with the time until the nodes had closed this many for not reading. */
async function untilCut({ nodes }: Scenario, wanted: number): Promise<number> {
  const beganAt = Date.now()
  for (;;) {
    const counts = await Promise.all(
      nodes.map(async ({ node }) => (await scrape(node.url)).value('rostrum_closes_total{code="4901"}')),
    )
    const cut = counts.reduce((sum, count) => sum + count, 0)
    if (cut === wanted) return Date.now() - beganAt
    if (cut > wanted || Date.now() - beganAt > CUT_WITHIN_MS)
      throw new Error(`${cut} connections were closed for not reading; ${wanted} clients had stopped`)
    await pause(LOOK_MS)
  }
}
