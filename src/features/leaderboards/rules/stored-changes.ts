import type { UserId } from '../../../engine/kernel/id.ts'
import { ANNOUNCED_RANKS, changes } from './changes.ts'
import type { Order, RankingStep } from './order.ts'
import { type PackedStanding, pack, unpack } from './packed.ts'
import type { Score, Standing } from './standing.ts'

/**
 * How ranking changes of an auction are encoded and decoded.
 *
 * One bid can move a hundred others down by one, and RankingChanged lists them all: in full, 5 kB per bid, more than
 * everything else a hot auction writes. But a reader that has the previous ranking and the changes of
 * LeaderboardUpdated can derive the rest. So of the commands in one batch, the first that moves many standings is
 * written in full, with the resulting ranking (`top`); later ones store only how many entries back that full entry
 * is.
 */
export type StoredChange =
  | { readonly type: 'LeaderboardUpdated'; readonly data: FullRanking }
  | { readonly type: 'RankingChanged'; readonly data: FullRanking | RankingDelta }

interface FullRanking {
  readonly standings: readonly PackedStanding[]
  /** Of LeaderboardUpdated: users who left the ranking. Absent: nobody. */
  readonly removed?: readonly UserId[]
  readonly top?: readonly PackedStanding[]
}

interface RankingDelta {
  readonly back: number
}

type Scored = Pick<Score, 'user' | 'score' | 'reachedAt'>
/** The top of a ranking, from rank 1 on. */
type Top = readonly Scored[]

/** The announced ranks, plus as many as one command can push out of them: a challenger's and an answer's. */
const TOP_SIZE = ANNOUNCED_RANKS + 2
/** Up to this many standings are always written in full. */
const FEW = 8

/** Encodes one batch: the changes of each step, LeaderboardUpdated before RankingChanged. */
export function encodeChanges(steps: readonly RankingStep[]): readonly (readonly StoredChange[])[] {
  const encoded: (readonly StoredChange[])[] = []
  let count = 0
  let base: Base | undefined
  for (const step of steps) {
    const updates = updatesOf(step)
    const next = base && updates && follow(base.top, updates)
    if (base !== undefined && updates !== undefined && next !== undefined && isTopOf(next, step.after)) {
      const changed: StoredChange[] = [{ type: 'LeaderboardUpdated', data: { standings: updates.map(pack) } }]
      if (hasMoved(base.top, next)) {
        base.keep()
        changed.push({ type: 'RankingChanged', data: { back: count + 1 - base.at } })
      }
      base = { ...base, top: next }
      encoded.push(changed)
      count += changed.length
    } else {
      const changed = inFull(step)
      encoded.push(changed)
      count += changed.length
      base = baseOf(changed, step, count - 1)
    }
  }
  return encoded
}

/** A full entry that later entries of the batch may refer back to. */
interface Base {
  /** Its index in the batch. */
  readonly at: number
  /** The current ranking. */
  readonly top: Top
  /** Adds the resulting ranking to the full entry: only worthwhile if a later entry refers to it. */
  keep(): void
}

function inFull(step: RankingStep): StoredChange[] {
  const { scores, ranks, removed } = changes(step, 'ORDINAL')
  const encoded: StoredChange[] = []
  if (scores.length > 0 || removed.length > 0) {
    const standings = scores.map(pack)
    encoded.push({
      type: 'LeaderboardUpdated',
      data: removed.length === 0 ? { standings } : { standings, removed },
    })
  }
  if (ranks.length > 0) encoded.push({ type: 'RankingChanged', data: { standings: ranks.map(pack) } })
  return encoded
}

function baseOf(changed: StoredChange[], { after }: RankingStep, at: number): Base | undefined {
  const last = changed.at(-1)
  if (last?.type !== 'RankingChanged' || 'back' in last.data || last.data.standings.length <= FEW)
    return undefined
  const { standings } = last.data
  const top = after.scores.slice(0, TOP_SIZE)
  const keep = (): void => {
    const places = top.map((place, index) => pack({ ...place, rank: index + 1, previousRank: null }))
    changed[changed.length - 1] = { type: 'RankingChanged', data: { standings, top: places } }
  }
  return { at, top, keep }
}

/** The users whose scores rose, best first; undefined after any other change, which a reader could not follow. */
function updatesOf({ before, after, changed }: RankingStep): readonly Standing[] | undefined {
  const updates: Standing[] = []
  for (const score of changed.values()) {
    if (score === null) return undefined
    const { user, score: value, reachedAt } = score
    const earlier = before.scores.findIndex((each) => each.user.id === user.id)
    const previous = before.scores[earlier]
    if (previous !== undefined && previous.score >= value) return undefined
    const place = after.scores.indexOf(score)
    const previousRank = previous === undefined ? null : earlier + 1
    updates.push({ rank: place + 1, previousRank, score: value, reachedAt, user })
  }
  return updates.length === 0 ? undefined : updates.sort((one, other) => one.rank - other.rank)
}

/** The top of a ranking after `updates`, best first. Nobody may have left it. */
function follow(top: Top, updates: readonly Standing[]): Top {
  const next = top.filter(({ user }) => !updates.some((update) => update.user.id === user.id))
  for (const update of updates) if (update.rank <= next.length + 1) next.splice(update.rank - 1, 0, update)
  return next.slice(0, TOP_SIZE)
}

function isTopOf(top: Top, { scores }: Order): boolean {
  return (
    top.length === Math.min(scores.length, TOP_SIZE) &&
    top.every(({ user, score }, index) => {
      const real = scores[index]
      return real?.user.id === user.id && real.score === score
    })
  )
}

function hasMoved(before: Top, after: Top): boolean {
  return after.some(({ user }, index) => index < ANNOUNCED_RANKS && before[index]?.user.id !== user.id)
}

/** The users whose rank differs between two tops, to or from an announced rank. */
function moves(before: Top, after: Top, updates: readonly Standing[]): readonly Standing[] {
  const previous = new Map(before.map(({ user }, index) => [user.id, index + 1]))
  for (const { user, previousRank } of updates) if (previousRank !== null) previous.set(user.id, previousRank)
  return after.flatMap(({ user, score, reachedAt }, index) => {
    const [now, then] = [index + 1, previous.get(user.id) ?? null]
    const isAnnounced = Math.min(now, then ?? now) <= ANNOUNCED_RANKS && now !== then
    return isAnnounced ? [{ rank: now, previousRank: then, score, reachedAt, user }] : []
  })
}

/** How many entries before `stored` are needed to decode it; 0 if it is self-contained. */
export function dependencySpan(stored: readonly StoredChange[]): number {
  return stored.reduce(
    (reach, { data }, index) => ('back' in data ? Math.max(reach, data.back - index) : reach),
    0,
  )
}

/** The standings of each entry of `stored`, which must start early enough to include the entries it refers back to. */
export function decodeChanges(stored: readonly StoredChange[]): readonly (readonly Standing[])[] {
  let before: Top = []
  let top: Top = []
  let updates: readonly Standing[] = []
  return stored.map(({ type, data }) => {
    if ('back' in data) return moves(before, top, updates)
    const standings = data.standings.map(unpack)
    if (data.top !== undefined) top = data.top.map(unpack)
    else if (type === 'LeaderboardUpdated') [before, top, updates] = [top, follow(top, standings), standings]
    return standings
  })
}
