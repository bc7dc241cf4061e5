import { type Pace, SENDERS, SQL_CLIENTS, startHotAuction } from './commands.ts'
import { expectTaskset } from './run/generator.ts'

/**
 * One hot auction on a PostgreSQL with fsync: bids of 256 bidders over WebSocket through a node, next to 32 plain SQL
 * clients that spend one transaction a bid, in turn in one run. Only the ratio of the medians counts.
 *
 * It hangs on the disk. Where a commit costs 0.1 ms, the plain clients are bound by their round trips; for a disk that needs
 * 2 ms, set PGOPTIONS='-c commit_delay=2000 -c commit_siblings=0'.
 */
const ROUNDS = 3
const SECONDS = 5

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0

const show = (name: string, of: readonly Pace[]): number => {
  const perSecond = median(of.map((round) => round.perSecond))
  const [p50, p99] = [median(of.map(({ p50Ms }) => p50Ms)), median(of.map(({ p99Ms }) => p99Ms))]
  console.log(
    `${name.padEnd(44)} ${perSecond.toFixed(0).padStart(7)}/s  p50 ${p50.toFixed(1)} ms  p99 ${p99.toFixed(1)} ms`,
  )
  return perSecond
}

expectTaskset()
await using auction = await startHotAuction('postgres')
const rounds = { node: [] as Pace[], sql: [] as Pace[] }
for (let round = 0; round < ROUNDS; round += 1) {
  rounds.sql.push(await auction.bySql(SECONDS))
  const round = await auction.byNode(SECONDS)
  rounds.node.push(round)
  console.log(`answers: ${JSON.stringify(round.figures.asking?.answers)}`)
}
const sqlRate = show(`one transaction a bid, ${SQL_CLIENTS} plain SQL clients`, rounds.sql)
const nodeRate = show(`Rostrum, ${SENDERS} bidders over WebSocket`, rounds.node)
console.log(`ratio of the medians: ${(nodeRate / sqlRate).toFixed(1)}`)
