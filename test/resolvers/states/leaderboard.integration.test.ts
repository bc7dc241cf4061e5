import { print } from 'graphql'
import { StandingPartsFragmentDoc } from '../../../client/src/gql/graphql.ts'
import { liveRoomLeaderboard, type Standing } from '../../../client/src/state/leaderboard.ts'
import { type Fixture, textAt, viewer } from '../fixtures.ts'
import { follow, fromNow, give, oneOf, type Random, testState } from '../state-property.ts'

const engine = viewer('engine', 'SERVICE')
/** More than a hundred ranks are told of. */
const PLAYERS = 130

const CREATE = `mutation ($ranking: RankingMethod) { createRoom(input: {
  name: "Game", kind: CHAT, visibility: PUBLIC, ranking: $ranking }) { ... on RoomPayload { room { id } } } }`
const REPORT = `mutation ($roomId: ID!, $scores: [ScoreInput!]!, $reportedAt: DateTime) {
  reportScores(roomId: $roomId, scores: $scores, reportedAt: $reportedAt) { __typename } }`
const ARCHIVE = 'mutation ($roomId: ID!) { createLeaderboardSnapshot(roomId: $roomId) { __typename } }'
const SHOWN = `query ($roomId: ID!) { room(id: $roomId) { leaderboard { standings(first: 100) { ...StandingParts } } } }
  ${print(StandingPartsFragmentDoc)}`

interface Answer {
  readonly room: { readonly leaderboard: { readonly standings: readonly Standing[] } }
}

/** The places that a snapshot shows. The previous rank is that before the entry, and in a snapshot before the score changed. */
function first(standings: readonly Standing[]): readonly object[] {
  return standings.slice(0, 100).map(({ previousRank: _previous, ...standing }) => standing)
}

async function openLeaderboard(all: Fixture, random: Random) {
  const ranking = oneOf(random, ['STANDARD', 'DENSE', 'DENSE', 'ORDINAL'])
  const roomId = textAt(await all.run(engine, CREATE, { ranking }), 'createRoom', 'room', 'id')
  const everybody = Array.from({ length: PLAYERS }, (_, index) => ({
    userId: `p${index}`,
    score: random(30),
  }))
  await all.run(engine, REPORT, { roomId, scores: everybody })
  const followed = await follow(all, random, {
    definition: liveRoomLeaderboard(roomId),
    reader: null,
    shown: first,
    asked: async () =>
      first(((await all.run(engine, SHOWN, { roomId })) as Answer).room.leaderboard.standings),
    entries: ['LeaderboardUpdated', 'RankingChanged', 'LeaderboardSnapshotCreated'],
  })

  function act(): Promise<unknown> {
    if (random(20) === 0) return give(all, engine, ARCHIVE, { roomId })
    const players = Array.from({ length: 1 + random(12) }, () => `p${random(PLAYERS)}`)
    const scores = [...new Set(players)].map((userId) => ({ userId, score: random(30) }))
    const when = random(5) === 0 ? { reportedAt: fromNow(-random(500)) } : {}
    return give(all, engine, REPORT, { roomId, scores, ...when })
  }

  return { followed: [followed], act }
}

testState('a leaderboard', [engine], openLeaderboard)
