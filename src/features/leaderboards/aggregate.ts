import type { Aggregate } from '../../engine/commands/aggregate.ts'
import { type ReportTimes, withReported } from '../../engine/commands/report.ts'
import { loadReportTimes, saveReportTimes } from '../../engine/commands/report-times.ts'
import { idOf } from '../../engine/kernel/topic.ts'
import { actorsOf, loadRoomFacts } from '../rooms/facts.ts'
import { asRoomId } from '../rooms/ids.ts'
import type { RoomFacts } from '../rooms/rules/room.ts'
import { loadScores, saveScores } from './board.ts'
import { ANNOUNCED_RANKS } from './rules/changes.ts'
import type { Order } from './rules/order.ts'
import { inOrder } from './rules/order.ts'
import { decideScores, type ScoresCommand, type ScoresEvent, type ScoresReply } from './rules/scores.ts'
import { leaderboardArchives } from './tables.ts'

interface State {
  readonly room: RoomFacts | undefined
  readonly order: Order
  /** The scores of the users that the loaded commands name. */
  readonly times: ReportTimes
}

const EMPTY: Order = { scores: [], leader: null }

/** The scores reported to a room, and snapshots of their ranking. */
export const scoresAggregate: Aggregate<ScoresCommand, ScoresReply, State, ScoresEvent, null> = {
  topicsBegunBy: () => [],

  async load(tx, { topic, commands, cached }) {
    const room = await loadRoomFacts(tx, asRoomId(idOf(topic)), actorsOf(commands))
    if (room === undefined) return { room, order: EMPTY, times: new Map() }
    const named = commands.flatMap(({ body }) => (body.kind === 'report' ? body.scores : []))
    const times = await loadReportTimes(
      tx,
      topic,
      named.map(({ user }) => user.id),
    )
    return { room, order: cached?.order ?? inOrder(await loadScores(tx, topic), null), times }
  },

  decide: (state, { actor, body }, { now }) => decideScores(body, { ...state, actor, now }),

  evolve(state, event) {
    if (event.type === 'Reported') return { ...state, times: withReported(state.times, event) }
    return event.type === 'LeaderboardUpdated' ? { ...state, order: event.after } : state
  },

  entryOf(event) {
    if (event.type === 'Reported') return undefined
    const { type, standings } = event
    if (type !== 'LeaderboardSnapshotCreated') return { type, data: { standings } }
    const { snapshotId } = event
    return { type, data: { snapshotId, standings: standings.slice(0, ANNOUNCED_RANKS) } }
  },

  async save(tx, { topic, steps, after }) {
    const rows = new Map(
      steps.flatMap(({ event }) => {
        if (event.type !== 'LeaderboardUpdated') return []
        const previous = new Map(event.standings.map(([, previousRank, , , id]) => [id, previousRank]))
        return event.scores.map((score) => {
          const previousRank = previous.get(score.user.id) ?? null
          return [score.user.id, { score, previousRank }] as const
        })
      }),
    )
    await saveScores(tx, topic, [...rows.values()])
    const reports = steps.flatMap(({ event }) => (event.type === 'Reported' ? [event] : []))
    await saveReportTimes(tx, topic, reports, after.times)
    for (const { event } of steps) {
      if (event.type !== 'LeaderboardSnapshotCreated') continue
      const { snapshotId: id, method, takenAt, standings } = event
      const roomId = asRoomId(idOf(topic))
      await tx.insert(leaderboardArchives).values({ id, roomId, method, takenAt, standings })
    }
    return { elsewhere: [], cached: after }
  },

  viewOf: () => null,
}
