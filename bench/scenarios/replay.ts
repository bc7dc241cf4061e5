import { post } from '../../test/support/graphql-client.ts'
import { generate } from '../run/generator.ts'
import { type LoadFigures, remarksOn } from '../run/load.ts'
import { ROSTRUM, type RunningRostrum, startRostrum } from '../systems/rostrum.ts'
import type { MeasureOptions, Scenario } from './scenario.ts'

const ENTRIES = 1_000
const CLIENTS = 500
const LIVE_SUBSCRIBERS = 100
const LIVE_PER_SECOND = 50
const PHASE_SECONDS = 2
const AT_ONCE = 50

const CURSOR = `query ($id: ID!) { room(id: $id) { messagesCursor } }`
const SEND = `mutation ($input: SendMessageInput!) { sendMessage(input: $input) { ... on MessagePayload { cursor } } }`

/** Writes the entries that will be replayed, and returns the cursor before them. */
async function writeHistory({ nodes, rooms, publisherToken }: RunningRostrum): Promise<string> {
  const [node] = nodes
  const [roomId] = rooms
  if (node === undefined || roomId === undefined) throw new RangeError('there is no node, or no room')
  const { data } = await post(node.url, CURSOR, { id: roomId }, publisherToken)
  const room = data?.['room'] as { readonly messagesCursor: string } | undefined
  if (room === undefined) throw new Error('the room is not there')
  for (let from = 0; from < ENTRIES; from += AT_ONCE) {
    const some = Array.from({ length: AT_ONCE }, async (_, index) => {
      const input = { roomId, body: '0'.repeat(16), clientMessageId: `history ${from + index}` }
      const { data: sent } = await post(node.url, SEND, { input }, publisherToken)
      if (!JSON.stringify(sent).includes('cursor')) throw new Error(`not sent: ${JSON.stringify(sent)}`)
    })
    await Promise.all(some)
  }
  return room.messagesCursor
}

interface Replayed {
  readonly live: LoadFigures
  readonly replay: LoadFigures
  /** How many phases of the live traffic had ended when the replay had. */
  readonly phases: number
}

/** The replay begins when one phase of the live traffic has been measured without it. */
async function replayWhileLive(running: RunningRostrum, after: string, isQuick: boolean): Promise<Replayed> {
  let phases = 0
  const alone = Promise.withResolvers<void>()
  const pace = { rates: Array(isQuick ? 4 : 12).fill(LIVE_PER_SECOND), seconds: PHASE_SECONDS }
  const publishing = { ...running.publishing, pace }
  const live = generate({ ...running.target, connections: LIVE_SUBSCRIBERS, publishing }, () => {
    phases += 1
    alone.resolve()
  })
  await Promise.race([alone.promise, live])
  const variables = JSON.stringify({ roomId: '{topic}', after })
  const replay = await generate({
    ...running.target,
    variables,
    connections: CLIENTS,
    catchUp: ENTRIES,
    settle: 0,
  })
  const ended = phases
  return { live: await live, replay, phases: ended }
}

async function measure(options: MeasureOptions) {
  await using running = await startRostrum({ topics: 1, subscribers: CLIENTS }, options)
  const after = await writeHistory(running)
  const { live, replay, phases } = await replayWhileLive(running, after, options.isQuick)
  const { catchUp } = replay
  if (catchUp === undefined || catchUp.caughtUp < CLIENTS) throw new Error('not all clients caught up')
  const [alone, ...others] = live.phases.map(({ p99Ms }) => p99Ms)
  const meanwhile = Math.max(...others.slice(0, Math.max(1, phases)))
  return {
    values: {
      replayed: catchUp.entriesPerSecond,
      last: catchUp.p99Ms,
      alone: alone ?? Number.NaN,
      meanwhile,
    },
    remarks: [...remarksOn(live), ...remarksOn(replay)],
    raw: { live, replay },
  }
}

export const REPLAY: Scenario = {
  name: 'replay',
  title: 'Replay while live traffic runs',
  explanation: `${CLIENTS} clients subscribe at one instant with a cursor ${ENTRIES.toLocaleString('en-US')} entries back, while ${LIVE_SUBSCRIBERS} subscribers of the same topic follow ${LIVE_PER_SECOND}
entries per second. The p99 of the live subscribers is that of the worst ${PHASE_SECONDS} s.`,
  columns: [
    { key: 'replayed', title: 'replayed entries/s', digits: 0, better: 'higher' },
    { key: 'last', title: 'caught up p99, ms', digits: 0, better: 'lower' },
    { key: 'alone', title: 'live p99 before, ms', digits: 1, better: 'lower' },
    { key: 'meanwhile', title: 'live p99 meanwhile, ms', digits: 1, better: 'lower' },
  ],
  systems: [ROSTRUM],
  cases: () => [{ name: `${CLIENTS} clients`, measure: (_, options) => measure(options) }],
}
