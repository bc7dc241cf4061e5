import { setTimeout as pause } from 'node:timers/promises'
import { post } from '../../support/graphql-client.ts'
import { signToken } from '../../support/tokens.ts'
import type { Fault } from '../fault.ts'
import { faultsOfFrames, type Use } from '../reuse.ts'
import { type Gap, nameOf, playScript, type Script, type Step, TICKS } from '../reuse-client.ts'
import { perform, type Scenario } from '../scenario.ts'

const BURST = { nodes: 2, rooms: 1, watchersEach: 2, publishers: 3 }
const KINDS: readonly Use['kind'][] = ['subscription', 'query', 'mutation']
const GAPS: readonly Gap[] = [undefined, 0, 3, 15]
const ENDINGS: readonly Script['ending'][] = ['close', 'terminate']
const RANDOM = { short: 60, long: 3_000 } as const
const MOST_USES = 5
const AT_ONCE = 8
const REST_WITHIN_MS = 30_000
const LOOK_MS = 100
/** Disables the query cost limit, which is not under test. */
const LIMITS = { QUERY_COST_PER_SECOND: '1000000000' }

/** Fault 26: ids are reused in one write and with pauses; afterwards no state of any client remains. */
export const reusedIds: Fault = {
  number: 26,
  name: 'an operation id reused in every order of subscribe, complete, answer, close',
  run(form, seed, postgres) {
    return perform({ ...BURST, seed, postgres, env: LIMITS }, async (scenario) => {
      const scripts = [...everyPair(scenario, seed), ...randomScripts(scenario, seed, RANDOM[form])]
      const wrong = await playAll(scenario, scripts)
      await scenario.settle()
      await scenario.watchers({ kind: 'away' })
      const { subscriptions, ghosts, connections } = await untilNothingLeft(scenario)
      await scenario.watchers({ kind: 'back' })
      if (wrong.length > 0)
        scenario.fail(`${wrong.length} wrong answers, such as: ${wrong.slice(0, 3).join(' ')}`)
      if (subscriptions > 0)
        scenario.fail(`${subscriptions} subscriptions are left of clients that have gone.`)
      if (ghosts > 0) scenario.fail(`${ghosts} are shown as present who have gone.`)
      if (connections > 0) scenario.fail(`${connections} connections are counted that have gone.`)
      return {
        connections: `${scripts.length}`,
        uses: `${scripts.reduce((sum, { steps }) => sum + steps.length, 0)}`,
        'wrong answers': `${wrong.length}`,
        'subscriptions left': `${subscriptions}`,
        ghosts: `${ghosts}`,
      }
    })
  },
}

let made = 0

function stepOf(
  { places, attempted }: Scenario,
  seed: number,
  number: number,
  use: Omit<Step, 'query'>,
): Step {
  const name = nameOf(number)
  if (use.kind === 'subscription') {
    // Some of them make a user present.
    const [roomId] = places.roomIds
    const present = `subscription { ${name}: presence(roomId: "${roomId}") { count } }`
    return { ...use, query: number % 2 === 0 ? TICKS(number) : present }
  }
  if (use.kind === 'query') return { ...use, query: `{ ${name}: rooms(first: 1) { edges { node { id } } } }` }
  made += 1
  const key = `${seed} reused ${made}`
  const [roomId = ''] = places.roomIds
  const input = { roomId, body: key, clientMessageId: key }
  const query = `mutation ($input: SendMessageInput!) { ${name}: sendMessage(input: $input) { __typename } }`
  const now = Date.now()
  attempted({
    ...{ key, topic: `messages:${roomId}`, effect: key, attempts: 1, answers: [] },
    ...{ beganMs: now, endedMs: now },
  })
  return { ...use, query, variables: { input } }
}

/** Two uses for every pair of kinds, the first abandoned after every gap. */
function everyPair(scenario: Scenario, seed: number): readonly Script[] {
  return KINDS.flatMap((one) =>
    KINDS.flatMap((other) =>
      GAPS.flatMap((before) =>
        GAPS.slice(0, 2).map((after, index): Script => {
          const first = stepOf(scenario, seed, 0, { kind: one, isAbandoned: true, before, after })
          const isAbandoned = other === 'subscription' && index === 1
          const second = stepOf(scenario, seed, 1, { kind: other, isAbandoned, before: 3, after: 0 })
          return { steps: [first, second], ending: ENDINGS[index] ?? 'close' }
        }),
      ),
    ),
  )
}

function randomScripts(scenario: Scenario, seed: number, count: number): readonly Script[] {
  const { random } = scenario
  const gap = (): Gap => GAPS[random(GAPS.length)]
  return Array.from({ length: count }, () => ({
    steps: Array.from({ length: 2 + random(MOST_USES - 1) }, (_, number) => {
      const kind = KINDS[random(KINDS.length)] ?? 'query'
      return stepOf(scenario, seed, number, {
        kind,
        isAbandoned: random(2) === 0,
        before: gap(),
        after: gap(),
      })
    }),
    ending: ENDINGS[random(ENDINGS.length)] ?? 'close',
  }))
}

async function playAll({ nodes, places }: Scenario, scripts: readonly Script[]): Promise<readonly string[]> {
  const token = await signToken(places.author)
  const wrong: string[] = []
  const waiting = [...scripts]
  const lanes = Array.from({ length: AT_ONCE }, async (_, lane) => {
    const url = nodes[lane % nodes.length]?.node.url ?? ''
    for (let script = waiting.pop(); script !== undefined; script = waiting.pop())
      wrong.push(...faultsOfFrames(script.steps, await playScript(url, token, script)))
  })
  await Promise.all(lanes)
  return wrong
}

interface Left {
  readonly subscriptions: number
  readonly connections: number
  readonly ghosts: number
}

interface Stats {
  readonly connections: number
  readonly subscriptions: number
}

const ONLINE = 'query ($id: ID!) { room(id: $id) { onlineCount } }'

/** Resolves when no client state is left, or with the remainder after a timeout. */
async function untilNothingLeft(scenario: Scenario): Promise<Left> {
  const end = Date.now() + REST_WITHIN_MS
  for (;;) {
    const left = await readLeft(scenario)
    if (left.subscriptions + left.connections + left.ghosts === 0 || Date.now() > end) return left
    await pause(LOOK_MS)
  }
}

async function readLeft({ nodes, places }: Scenario): Promise<Left> {
  const token = await signToken('an operator', { claims: { roles: ['service'] } })
  const each = await Promise.all(
    nodes.map(async ({ node: { url } }) => {
      const response = await fetch(`${url}/stats`, { headers: { authorization: `Bearer ${token}` } })
      const { connections, subscriptions } = (await response.json()) as Stats
      const { data } = await post(url, ONLINE, { id: places.roomIds[0] })
      const shown = data?.['room'] as { readonly onlineCount: number } | undefined
      return { connections, subscriptions, ghosts: shown?.onlineCount ?? 0 }
    }),
  )
  const sum = (of: (left: Left) => number): number => each.reduce((total, left) => total + of(left), 0)
  return {
    connections: sum(({ connections }) => connections),
    subscriptions: sum(({ subscriptions }) => subscriptions),
    ghosts: sum(({ ghosts }) => ghosts),
  }
}
