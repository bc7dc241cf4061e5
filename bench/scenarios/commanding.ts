import { type Contest, SENDERS, SQL_CLIENTS, startHotAuction, startMessages } from '../commands.ts'
import { ROSTRUM } from '../systems/rostrum.ts'
import type { Scenario } from './scenario.ts'

const ROUND_MS = 5_000
const QUICK_MS = 2_000
const AGREED = new Set(['LEADING', 'OUTBID', 'BID_TOO_LOW', 'MessagePayload'])

/** Answers that no such load may bring. */
function remarksOn(answers: ReadonlyMap<string, number>): readonly string[] {
  const strange = [...answers].filter(([answer]) => !AGREED.has(answer))
  return strange.map(([answer, count]) => `${count} answers were ${answer.slice(0, 200)}`)
}

function createScenario(
  names: Pick<Scenario, 'name' | 'title'> & { readonly of: string; readonly done: string },
  start: () => Promise<Contest>,
): Scenario {
  const { name, title, of, done } = names
  return {
    name,
    title,
    explanation: `${SENDERS} senders over WebSocket, each waiting for its answer, beside ${SQL_CLIENTS} plain SQL clients that spend one transaction on
each, in turn, on one PostgreSQL with fsync. Servers, database and senders share the machine, unpinned.`,
    columns: [
      { key: 'sql', title: `plain SQL, ${done}/s`, digits: 0, better: 'higher' },
      { key: 'node', title: `${done}/s`, digits: 0, better: 'higher' },
      { key: 'ratio', title: 'ratio', digits: 1, better: 'higher' },
      { key: 'p50', title: 'answer p50, ms', digits: 1, better: 'lower' },
      { key: 'p99', title: 'answer p99, ms', digits: 1, better: 'lower' },
    ],
    systems: [ROSTRUM],
    cases: () => [
      {
        name: of,
        async measure(_, { isQuick }) {
          await using contest = await start()
          const roundMs = isQuick ? QUICK_MS : ROUND_MS
          const sql = await contest.bySql(roundMs)
          const node = await contest.byNode(roundMs)
          const values = {
            sql: sql.perSecond,
            node: node.perSecond,
            ratio: node.perSecond / sql.perSecond,
            p50: node.p50Ms,
            p99: node.p99Ms,
          }
          const raw = { sql, node, answers: Object.fromEntries(contest.answers) }
          return { values, remarks: remarksOn(contest.answers), raw }
        },
      },
    ],
  }
}

export const AUCTION = createScenario(
  { name: 'auction', title: 'One hot auction', of: 'one auction', done: 'bids' },
  startHotAuction,
)

export const MESSAGES = createScenario(
  { name: 'messages', title: 'Messages over 100 rooms', of: '100 rooms', done: 'messages' },
  startMessages,
)
