import { appendFile } from 'node:fs/promises'
import { GraphQLError, type OperationDefinitionNode, print } from 'graphql'
import { expect, test } from 'vitest'
import type { LiveDefinition } from '../../client/src/state/live.ts'
import type { Entry } from '../../src/engine/history/entry.ts'
import type { HistoryPlan, PresentedEvent, Source, Visibility } from '../../src/engine/hub/source.ts'
import { VisibilityWatch, type VisibilityWatchOptions } from '../../src/engine/hub/visibility-watch.ts'
import { type Instant, later } from '../../src/engine/kernel/instant.ts'
import { asOffset, type Offset, type Position } from '../../src/engine/kernel/position.ts'
import type { Topic } from '../../src/engine/kernel/topic.ts'
import type { Viewer } from '../../src/platform/auth/viewer.ts'
import { createRandom } from '../support/random.ts'
import { PATIENTLY, runs } from '../support/runs.ts'
import { type Fixture, openFixture, type Variables } from './fixtures.ts'

/**
 * Snapshot plus entries equals state: random commands, given several at a time; at random points a snapshot is taken, and a
 * client that began with any earlier one must show the same after the entries that it was sent since. What the queries answer
 * must agree, and so must what a client gets that returns at the end with the cursor of an old snapshot.
 * Presence, typing and tickers have no history: each of their payloads is the whole state. Wallets, outboxes and revocations
 * have no subscription.
 */

/** `below`: a whole number from 0 on, below it. */
export type Random = (below: number) => number

export function oneOf<Item>(random: Random, items: readonly Item[]): Item {
  const item = items[random(items.length)]
  if (item === undefined) throw new RangeError('nothing to choose from')
  return item
}

/** One subscription of the kit, as one reader has it. `Read`: what a client reads by a query when it begins. */
export interface Subject<State, Result, Asked extends object, Read = undefined> {
  readonly definition: LiveDefinition<State, Result, Asked>
  readonly reader: Viewer | null
  read?(): Promise<Read>
  /** What a client shows at `at`, as far as a snapshot determines it. */
  shown(state: State, at: Instant, read: Read | undefined): unknown
  /** The same by the queries. */
  asked?(at: Instant): Promise<unknown>
  /** Types of entries that random commands must have led to in a long run. */
  readonly entries: readonly string[]
}

/** Checks a subject while commands are given. */
export interface Followed {
  readonly entryTypes: ReadonlyMap<string, number>
  readonly expectedTypes: readonly string[]
  /** Hands the clients what came since. */
  advance(): Promise<void>
  /** Compares the clients with a fresh snapshot, with which one more client begins. */
  compare(about: string): Promise<void>
  /** Compares with the queries, and with what returning clients get. */
  finish(about: string): Promise<void>
}

interface Client<State, Read> {
  readonly since: Offset
  readonly read: Read | undefined
  readonly first: State
  state: State
  /** Got a snapshot with `reset: true` meanwhile, since the reader's rights changed. */
  wasReset: boolean
}

/** More would only make a run slower. */
const MAX_CLIENTS = 12
const PAGE = 1000
/** What expires while it is compared is left out of the comparison. */
const MOMENT_MS = 2_000

/** Follows a subject by the source of its plan, as the hub does. */
export async function follow<State, Result, Asked extends object, Read = undefined>(
  all: Fixture,
  random: Random,
  { definition, reader, read, shown, asked, entries: expectedTypes }: Subject<State, Result, Asked, Read>,
): Promise<Followed> {
  const { query, variables } = definition.operation
  if (typeof query === 'string') throw new TypeError('the kit has typed documents')
  const text = print(query)
  const values = Object.fromEntries(Object.entries(variables ?? {})) satisfies Variables
  const plan = await all.plan(reader, fieldOf(query.definitions), values)
  if (plan.kind !== 'history') throw new TypeError('only histories are followed')
  const { source, topic, part } = plan
  const entryTypes = new Map<string, number>()
  const clients: Client<State, Read>[] = []
  let position = await headOf(all, topic)
  let mustReset = false
  const sights = await sightsOf(all, plan)
  sights.onChange((isConcerned) => {
    mustReset ||= isConcerned(reader)
  })

  async function resultOf(event: PresentedEvent): Promise<Result> {
    return (await all.present(text, event, values)) as Result
  }

  /** What the reader may see now of all entries after `after`, presented. */
  async function entriesAfter(after: Position): Promise<readonly (readonly [Entry, Result])[]> {
    const found: (readonly [Entry, Result])[] = []
    for (let from = after; ; ) {
      const entries = await all.history.readAfter(topic, from, PAGE)
      const prepared = await source.prepare?.(topic, entries)
      const events = entries.map((entry, index) => source.present(entry, prepared?.[index]))
      await sights.include(events)
      const access = await source.access?.(topic, events)
      for (const [index, event] of events.entries()) {
        const entry = entries[index]
        if (entry === undefined || part?.has(event) === false) continue
        if (source.sees?.(event, access, reader) === false) continue
        found.push([entry, await resultOf(event)])
      }
      const last = entries.at(-1)
      if (last === undefined || entries.length < PAGE) return found
      from = last
    }
  }

  async function snapshot(): Promise<{
    readonly state: State
    readonly at: Instant
    readonly offset: Offset
  }> {
    const taken = await (part ?? source).snapshot(topic, reader)
    const event = { type: source.snapshotType, topic, ...taken, reset: false, ...taken.state }
    const state = definition.reduce(undefined, await resultOf(event))
    return { state, at: taken.at, offset: taken.position.offset }
  }

  return {
    entryTypes,
    expectedTypes,
    async advance() {
      await sights.advance()
      const head = await headOf(all, topic)
      const found = await entriesAfter(position)
      position = head
      for (const [{ type }] of found) entryTypes.set(type, (entryTypes.get(type) ?? 0) + 1)
      if (mustReset) {
        mustReset = false
        entryTypes.set('reset', (entryTypes.get('reset') ?? 0) + 1)
        const { state } = await snapshot()
        for (const client of clients) Object.assign(client, { state, wasReset: true })
        return
      }
      for (const client of clients) {
        for (const [, result] of found) client.state = definition.reduce(client.state, result)
      }
    },
    async compare(about) {
      const fresh = await snapshot()
      expect(fresh.offset, about).toBe(position.offset)
      const readNow = await read?.()
      for (const client of clients) {
        const when = `${about}, from ${client.since} to ${fresh.offset}`
        expect(shown(client.state, fresh.at, client.read), when).toEqual(
          shown(fresh.state, fresh.at, readNow),
        )
      }
      const { offset: since, state: first } = fresh
      const client = { since, first, state: first, read: readNow, wasReset: false }
      if (clients.length < MAX_CLIENTS) clients.push(client)
      else clients[random(clients.length)] = client
    },
    async finish(about) {
      const fresh = await snapshot()
      const at = later(fresh.at, MOMENT_MS)
      const now = shown(fresh.state, at, await read?.())
      if (asked !== undefined) expect(await asked(at), `${about}, as asked`).toEqual(now)
      const entries = await entriesAfter({ ...position, offset: asOffset(0) })
      for (const { since, first, read: readBefore, wasReset } of clients) {
        // A cursor does not say what its reader was allowed: one who was away while that changed is not told.
        if (wasReset) continue
        const missed = entries.filter(([{ offset }]) => offset > since)
        const state = missed.reduce((before, [, result]) => definition.reduce(before, result), first)
        expect(shown(state, at, readBefore), `${about}, returned from ${since}`).toEqual(now)
      }
    },
  }
}

function fieldOf(definitions: readonly { readonly kind: string }[]): string {
  const operation = definitions.find((each): each is OperationDefinitionNode => 'operation' in each)
  const [root] = operation?.selectionSet.selections ?? []
  if (root?.kind !== 'Field') throw new TypeError('a subscription selects a field')
  return root.name.value
}

async function headOf({ history }: Fixture, topic: Topic): Promise<Position> {
  const head = await history.head(topic)
  if (head === undefined) throw new Error(`${topic} has no history`)
  return head
}

type OnChange = VisibilityWatchOptions['onChange']

interface Sights {
  onChange(listener: OnChange): void
  include(events: readonly (PresentedEvent & object)[]): Promise<void>
  advance(): Promise<void>
}

const NO_SIGHTS: Sights = { onChange() {}, include: async () => {}, advance: async () => {} }
/** A source compares with what it has heard: all readers of a topic share one watch, as on a node. */
const watches = new WeakMap<Source, Map<Topic, Promise<Sights>>>()

function sightsOf(all: Fixture, { topic, source }: HistoryPlan): Promise<Sights> {
  const ofSource = watches.get(source) ?? new Map<Topic, Promise<Sights>>()
  watches.set(source, ofSource)
  const known = ofSource.get(topic) ?? watchVisibility(all, topic, source.visibility)
  ofSource.set(topic, known)
  return known
}

/** The hub's own watch, over histories that are read when `advance` is called. */
async function watchVisibility(
  all: Fixture,
  topic: Topic,
  visibility: Visibility | undefined,
): Promise<Sights> {
  if (visibility === undefined) return NO_SIGHTS
  const listeners: OnChange[] = []
  const heard = new Map<Topic, { position: Position; readonly hear: (entries: readonly Entry[]) => void }>()
  const watch = new VisibilityWatch({
    topic,
    visibility,
    async follow(followed, { onEntries }) {
      heard.set(followed, { position: await headOf(all, followed), hear: (entries) => onEntries(entries) })
      return () => heard.delete(followed)
    },
    onChange(isConcerned) {
      for (const listener of listeners) listener(isConcerned)
    },
  })
  await watch.ready()
  return {
    onChange: (listener) => listeners.push(listener),
    include: (events) => watch.include(events),
    async advance() {
      for (const [followed, listener] of heard) {
        const entries = await all.history.readAfter(followed, listener.position, PAGE)
        listener.position = entries.at(-1) ?? listener.position
        listener.hear(entries)
      }
    },
  }
}

/** Gives a command. Whatever it is refused with is as good as accepted; only a fault is thrown. */
export async function give(
  { run }: Fixture,
  caller: Viewer,
  text: string,
  variables: Variables = {},
): Promise<unknown> {
  try {
    return await run(caller, text, variables)
  } catch (error) {
    if (error instanceof GraphQLError && REFUSALS.has(String(error.extensions['code']))) return undefined
    throw error
  }
}

const REFUSALS: ReadonlySet<string> = new Set(['FORBIDDEN', 'NOT_FOUND', 'UNAUTHENTICATED'])

/** What random commands are given to. */
export interface Scene {
  readonly followed: readonly Followed[]
  /** Gives one random command; `step` makes its keys unique. */
  act(step: number): Promise<unknown>
}

/** Opens a scene in a database of its own. */
export type OpenScene = (all: Fixture, random: Random) => Promise<Scene>

/** The usual run gives so many commands; the long form, as `npm run torture -- states`, PROPERTY_RUNS. */
const SHORT = 160
const COMMANDS = runs(SHORT).numRuns
/** The long form adds its stats to this file, a line of JSON for each family. */
const STATS_FILE = process.env['STATE_STATS']
/** Of a failure that is to be repeated. */
const SEED = process.env['STATE_SEED']
/** A scene gets so many commands; then another begins. */
const SCENE = COMMANDS > SHORT ? 400 : SHORT / 2
const MAX_AT_ONCE = 4
const COMPARE_ONE_IN = 6

/** Other work may run on the machine. */
const TIMEOUT = { timeout: Math.max(60_000, PATIENTLY.timeout) }

/** Registers the property for one family. */
export function testState(family: string, known: readonly Viewer[], open: OpenScene): void {
  test(
    `a client of ${family} shows after entries what a snapshot and the queries show`,
    TIMEOUT,
    async () => {
      const startedAt = performance.now()
      const types = new Map<string, number>()
      const expected = new Set<string>()
      let [entries, snapshots] = [0, 0]
      for (let left = COMMANDS; left > 0; left -= SCENE) {
        const run = await runScene(known, open, Math.min(left, SCENE))
        snapshots += run.snapshots
        for (const { entryTypes, expectedTypes } of run.followed) {
          for (const type of expectedTypes) expected.add(type)
          for (const [type, count] of entryTypes) {
            types.set(type, (types.get(type) ?? 0) + count)
            entries += count
          }
        }
      }
      if (COMMANDS === SHORT) return
      const missing = [...expected].filter((type) => !types.has(type))
      expect(missing, 'types of entries that never came').toEqual([])
      const seconds = Math.round((performance.now() - startedAt) / 1000)
      const stats: StateStats = { family, commands: COMMANDS, entries, snapshots, seconds }
      if (STATS_FILE !== undefined) await appendFile(STATS_FILE, `${JSON.stringify(stats)}\n`)
    },
  )
}

/** What a long run did without finding a difference. `entries`: as often as a reader got one. */
export interface StateStats {
  readonly family: string
  readonly commands: number
  readonly entries: number
  readonly snapshots: number
  readonly seconds: number
}

async function runScene(
  known: readonly Viewer[],
  open: OpenScene,
  commands: number,
): Promise<{ readonly followed: readonly Followed[]; readonly snapshots: number }> {
  const seed = SEED === undefined ? Math.trunc(Math.random() * 2 ** 31) : Number(SEED)
  const random = createRandom(seed)
  await using opened = await disposable(openFixture(...known))
  const { followed, act } = await open(opened.all, random)
  let [snapshots, step] = [0, 0]
  const compareAll = async (): Promise<void> => {
    for (const each of followed) await each.compare(`seed ${seed}, command ${step}`)
    snapshots += followed.length
  }
  await compareAll()
  while (step < commands) {
    const atOnce = Math.min(1 + random(MAX_AT_ONCE), commands - step)
    await Promise.all(Array.from({ length: atOnce }, () => act(step++)))
    for (const each of followed) await each.advance()
    if (random(COMPARE_ONE_IN) === 0) await compareAll()
  }
  await compareAll()
  for (const each of followed) await each.finish(`seed ${seed}`)
  return { followed, snapshots }
}

async function disposable(
  opening: Promise<Fixture & { readonly close: () => Promise<void> }>,
): Promise<AsyncDisposable & { readonly all: Fixture }> {
  const all = await opening
  return { all, [Symbol.asyncDispose]: () => all.close() }
}

/** So many milliseconds from now, or before it. */
export const fromNow = (ms: number): string => new Date(Date.now() + ms).toISOString()
