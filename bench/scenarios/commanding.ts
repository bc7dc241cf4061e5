import {
  type Contest,
  type RecordKind,
  SENDERS,
  SQL_CLIENTS,
  startHotAuction,
  startMessages,
} from '../commands.ts'
import { type LoadFigures, remarksOn } from '../run/load.ts'
import { ROSTRUM } from '../systems/rostrum.ts'
import type { Scenario } from './scenario.ts'

const SECONDS = 5
const QUICK_SECONDS = 2
const WARM_UP_SECONDS = 2
const AGREED = new Set(['LEADING', 'OUTBID', 'BID_TOO_LOW', 'MessagePayload'])

/** Answers that no such load may bring. */
function strangeAnswersIn({ asking }: LoadFigures): readonly string[] {
  const strange = Object.entries(asking?.answers ?? {}).filter(([answer]) => !AGREED.has(answer))
  return strange.map(([answer, count]) => `${count} answers were ${answer}`)
}

function createScenario(
  names: Pick<Scenario, 'name' | 'title'> & { readonly of: string; readonly done: string },
  start: (record: RecordKind) => Promise<Contest>,
): Scenario {
  const { name, title, of, done } = names
  return {
    name,
    title,
    explanation: `${SENDERS} senders over WebSocket, each waiting for its answer, alternate with ${SQL_CLIENTS} plain SQL clients that use one transaction for
each command, on one PostgreSQL with fsync. Server, database and senders share the machine, and only the senders are pinned
to a core. The embedded database does not wait for the disk; the plain SQL clients do.`,
    columns: [
      { key: 'sql', title: `plain SQL, ${done}/s`, digits: 0, better: 'higher' },
      { key: 'node', title: `${done}/s`, digits: 0, better: 'higher' },
      { key: 'ratio', title: 'ratio', digits: 1, better: 'higher' },
      { key: 'p50', title: 'answer p50, ms', digits: 1, better: 'lower' },
      { key: 'p99', title: 'answer p99, ms', digits: 1, better: 'lower' },
    ],
    systems: [ROSTRUM],
    cases: () =>
      (['postgres', 'embedded'] as const).map((record) => ({
        name: record === 'postgres' ? of : `${of}, embedded database`,
        async measure(_, { isQuick }) {
          await using contest = await start(record)
          const seconds = isQuick ? QUICK_SECONDS : SECONDS
          await contest.byNode(WARM_UP_SECONDS)
          const sql = await contest.bySql(seconds)
          const node = await contest.byNode(seconds)
          const { figures } = node
          const values = {
            sql: sql.perSecond,
            node: node.perSecond,
            ratio: node.perSecond / sql.perSecond,
            p50: node.p50Ms,
            p99: node.p99Ms,
          }
          return {
            values,
            remarks: [...strangeAnswersIn(figures), ...remarksOn(figures)],
            raw: { sql, figures },
          }
        },
      })),
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
