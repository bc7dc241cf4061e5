import { setTimeout as pause } from 'node:timers/promises'
import { connect, record } from '../support/graphql-client.ts'
import type { Reach } from './records.ts'
import type { Scenario } from './scenario.ts'
import { readReaches } from './stored.ts'
import type { Reset, Stand } from './watchers.ts'

const PATIENCE_MS = 60_000
const LOOK_MS = 100

/** A time without clients. */
export interface Absence {
  /** Clients whose cursors had been trimmed when they came back. */
  readonly forgotten: number
  readonly told: number
  /** From the trimming of the cursors until every node reported it. */
  readonly noticedMs: number
}

/** All clients leave, and come back after `until`, when all their cursors have been trimmed. */
export async function beAway(scenario: Scenario, until: () => Promise<void>): Promise<Absence> {
  const { watchers, databaseUrl, places } = scenario
  const left = await watchers<readonly Stand[]>({ kind: 'away' })
  const before = await watchers<readonly Reset[]>({ kind: 'resets' })
  await untilForgotten(databaseUrl, places.topics, left)
  const forgottenAt = Date.now()
  await untilNoticed(scenario, left)
  const noticedMs = Date.now() - forgottenAt
  await until()
  const reaches = await readReaches(databaseUrl, places.topics)
  await watchers({ kind: 'back' })
  if (!(await watchers({ kind: 'reach', reaches, except: [], timeoutMs: PATIENCE_MS })))
    throw new Error('not every client came back')
  const resets = await watchers<readonly Reset[]>({ kind: 'resets' })
  const told = new Set(resets.slice(before.length).map(({ subscription }) => subscription))
  const toldOfThem = left.filter(({ subscription }) => told.has(subscription))
  return { forgotten: left.length, told: toldOfThem.length, noticedMs }
}

async function untilForgotten(
  databaseUrl: string,
  topics: readonly string[],
  left: readonly Stand[],
): Promise<void> {
  const isForgotten = ({ topic, floor }: Reach) =>
    left.every((stand) => stand.topic !== topic || stand.offset < floor)
  const end = Date.now() + PATIENCE_MS
  while (!(await readReaches(databaseUrl, topics)).every(isForgotten)) {
    if (Date.now() > end) throw new Error('retention forgot too little')
    await pause(LOOK_MS)
  }
}

/** A node with the remainder in memory serves it until it checks the database, within seconds. */
async function untilNoticed({ nodes, places }: Scenario, left: readonly Stand[]): Promise<void> {
  const looks = places.watchedBy(1).flatMap((watched) => {
    const latest = left.filter(({ topic }) => topic === watched.topic).sort((a, b) => b.offset - a.offset)[0]
    return nodes.map(({ node }) => ({ watched, after: latest?.cursor, url: node.wsUrl }))
  })
  await Promise.all(
    looks.map(async ({ watched: { query, variables }, after, url }) => {
      const end = Date.now() + PATIENCE_MS
      while (!(await isTold(url, query, { ...variables, after }))) {
        if (Date.now() > end) throw new Error(`no node said that ${after} is forgotten`)
        await pause(LOOK_MS)
      }
    }),
  )
}

async function isTold(url: string, query: string, variables: object): Promise<boolean> {
  const client = connect(url)
  try {
    const [first] = await record<{ readonly reset?: boolean }>(client, query, { ...variables }).take(
      1,
      PATIENCE_MS,
    )
    return first?.reset === true
  } finally {
    await client.dispose()
  }
}
