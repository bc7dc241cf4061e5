import { TOLD_RANKS } from '../../domain/ranking/changes.ts'
import type { Order } from '../../domain/ranking/order.ts'
import { inOrder } from '../../domain/ranking/order.ts'
import { decideScores, type ScoresCommand, type ScoresEvent } from '../../domain/ranking/scores.ts'
import type { RoomFacts } from '../../domain/room/room.ts'
import { asRoomId } from '../../kernel/id.ts'
import { idOf } from '../../kernel/topic.ts'
import { leaderboardArchives } from '../../log/schema.ts'
import type { Aggregate } from '../aggregate.ts'
import { loadScores, saveScores } from './board.ts'
import { actorsOf, loadRoomFacts } from './room-facts.ts'

interface State {
  readonly room: RoomFacts | undefined
  readonly order: Order
}

const EMPTY: Order = { scores: [], leader: null }

/** The scores reported to a room, and the copies taken of their ranking. */
export const scoresAggregate: Aggregate<ScoresCommand, object, State, ScoresEvent, null> = {
  topicsBegunBy: () => [],

  async load(tx, { topic, commands, kept }) {
    const room = await loadRoomFacts(tx, asRoomId(idOf(topic)), actorsOf(commands))
    if (room === undefined) return { room, order: EMPTY }
    return { room, order: kept?.order ?? inOrder(await loadScores(tx, topic), null) }
  },

  decide: (state, { actor, body }, { now }) => decideScores(body, { ...state, actor, now }),

  evolve: (state, event) => (event.type === 'LeaderboardUpdated' ? { ...state, order: event.after } : state),

  entryOf(event) {
    const { type, standings } = event
    if (type !== 'LeaderboardSnapshotCreated') return { type, data: { standings } }
    const { snapshotId } = event
    return { type, data: { snapshotId, standings: standings.slice(0, TOLD_RANKS) } }
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
    for (const { event } of steps) {
      if (event.type !== 'LeaderboardSnapshotCreated') continue
      const { snapshotId: id, method, takenAt, standings } = event
      const roomId = asRoomId(idOf(topic))
      await tx.insert(leaderboardArchives).values({ id, roomId, method, takenAt, standings })
    }
    return { elsewhere: [], kept: after }
  },

  viewOf: () => null,
}
