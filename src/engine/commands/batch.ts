// Over 300 lines: one transaction, from its locks to its answers; its steps share the types of one batch.

import { beginTopics } from '../history/begin-topics.ts'
import type { Entry } from '../history/entry.ts'
import { NEW_TOPIC_VERSION, TOPIC_VERSION } from '../history/topic-version.ts'
import type { Decision } from '../kernel/decision.ts'
import { formatInstant, type Instant, instant } from '../kernel/instant.ts'
import { advance, asEpoch, asOffset, type Epoch, type Offset } from '../kernel/position.ts'
import type { Topic } from '../kernel/topic.ts'
import { allSettled } from '../storage/all-settled.ts'
import type { Database, Transaction } from '../storage/database.ts'
import { statement } from '../storage/statement.ts'
import type { AggregateChange, BatchAggregate, RecordedEvent, Rules } from './aggregate.ts'
import type { Command, Outcome } from './command.ts'

/** The result of a batch: one outcome per command, in order, and the committed entries by topic. */
export interface BatchResult<Reply, View> {
  readonly outcomes: readonly Outcome<Reply, View>[]
  readonly entries: readonly Entry[]
}

/** The state after the last batch of a topic. Valid while the topic's row has this version. */
export interface CachedState<State> {
  readonly version: string
  readonly state: State
}

/** By topic. A cache, which may drop any state. */
export type StateCache<State> = Pick<Map<Topic, CachedState<State>>, 'get' | 'delete'> & {
  set(topic: Topic, cached: CachedState<State>): unknown
}

interface LockedTopic {
  /** `TOPIC_VERSION`: every change of a topic writes its row. */
  readonly version: string
  readonly epoch: Epoch
  readonly head: Offset
  readonly now: Instant
}

/** Unknown topics have no row to lock; commands on them are rejected with NOT_FOUND. */
function uninitializedTopic(): LockedTopic {
  return { version: '', epoch: asEpoch(0), head: asOffset(0), now: instant(Date.now()) }
}

/** The commands of one topic. */
interface TopicBatch<Body, State> {
  readonly topic: Topic
  readonly commands: readonly Command<Body>[]
  readonly cached: CachedState<State> | undefined
}

interface StoredReply {
  readonly fingerprint: string
  readonly epoch: Epoch
  readonly offset: Offset
  readonly reply: object
  readonly at: Instant
}

/**
 * Runs commands in one transaction, in order within each topic: locks the topics' rows, loads, folds decide and evolve,
 * writes entries, read models and keys, and commits. All accepted commands take effect, or the whole batch throws and
 * none does. `commands` must be grouped by topic.
 */
export async function runBatch<Body, Reply extends object, State, Event, View>(
  database: Database,
  aggregate: BatchAggregate<Body, Reply, State, Event, View>,
  commands: readonly Command<Body>[],
  cache: StateCache<State>,
): Promise<BatchResult<Reply, View>> {
  const batches = [...Map.groupBy(commands, ({ topic }) => topic)].map(([topic, own]) => {
    return { topic, commands: own, cached: cache.get(topic) }
  })
  let result: BatchResult<Reply, View> = { outcomes: [], entries: [] }
  let left: readonly (readonly [Topic, CachedState<State> | undefined])[] = []
  try {
    await database.transaction(async (tx) => {
      await beginTopics(
        tx,
        commands.flatMap((command) => aggregate.topicsBegunBy(command)),
      )
      // In one round trip: statements after the lock see the database as of when the lock is held.
      const [locked, stored, loaded] = await allSettled([
        lockTopics(tx, batches),
        loadReplies(tx, commands),
        aggregate.loadAll(
          tx,
          batches.map((batch) => ({ ...batch, cached: batch.cached?.state })),
        ),
      ])
      const before = await reloadStale(tx, aggregate, batches, locked, loaded)
      const folds = batches.map((batch, index) =>
        foldCommands(
          aggregate,
          batch,
          before[index] as State,
          locked.get(batch.topic) ?? uninitializedTopic(),
          stored,
        ),
      )
      const outcomes = folds.flatMap((fold) => fold.outcomes)
      result = { outcomes, entries: [] }
      // The key of a command without changes is stored, too, because reusing it must give the same result.
      const changed = folds.filter(({ change, keyed }) => change.steps.length > 0 || keyed.length > 0)
      const moved = changed.filter(({ change }) => change.steps.length > 0)
      if (changed.length === 0) throw new NothingToCommit()
      const [versions, saved] = await allSettled([
        writeEntries(tx, changed),
        aggregate.saveAll(
          tx,
          moved.map(({ change }) => change),
        ),
        storeReplies(tx, changed),
      ])
      result = {
        outcomes,
        entries: [...changed.flatMap((fold) => fold.entries), ...saved.flatMap(({ elsewhere }) => elsewhere)],
      }
      const cached = new Map(moved.map(({ change }, index) => [change.topic, saved[index]?.cached]))
      left = changed.map(({ change: { topic } }) => {
        const [version = '', state] = [versions.get(topic), cached.get(topic)]
        return [topic, state === undefined ? undefined : { version, state }]
      })
    })
    for (const [topic, cached] of left) {
      if (cached === undefined) cache.delete(topic)
      else cache.set(topic, cached)
    }
  } catch (error) {
    if (error instanceof CachedStateIsStale) {
      for (const topic of error.topics) cache.delete(topic)
      return runBatch(database, aggregate, commands, cache)
    }
    if (!(error instanceof NothingToCommit)) throw error
  }
  return result
}

/** Returns `loaded`, loading topics again without cached state if that does not match the version of the topic's row. */
async function reloadStale<Body, Reply, State, Event, View>(
  tx: Transaction,
  aggregate: BatchAggregate<Body, Reply, State, Event, View>,
  batches: readonly TopicBatch<Body, State>[],
  locked: ReadonlyMap<Topic, LockedTopic>,
  loaded: readonly State[],
): Promise<readonly State[]> {
  const isStale = ({ topic, cached }: TopicBatch<Body, State>): boolean =>
    cached !== undefined && cached.version !== locked.get(topic)?.version
  const stale = batches.filter(isStale)
  if (stale.length === 0) return loaded
  if (stale.some(({ cached }) => cached !== undefined && aggregate.locksByCached?.(cached.state))) {
    throw new CachedStateIsStale(stale.map(({ topic }) => topic))
  }
  const again = await aggregate.loadAll(
    tx,
    stale.map((batch) => ({ ...batch, cached: undefined })),
  )
  const fresh = new Map(stale.map((batch, index) => [batch, again[index] as State]))
  return batches.map((batch, index) => fresh.get(batch) ?? (loaded[index] as State))
}

/** Rolls back a transaction that took locks because of stale cached state. */
class CachedStateIsStale extends Error {
  readonly topics: readonly Topic[]

  constructor(topics: readonly Topic[]) {
    super('the cached state is stale')
    this.topics = topics
  }
}

/** Rolls back a transaction in which every command was rejected or repeated. */
class NothingToCommit extends Error {}

const LOCK_TOPICS = statement<{ topic: Topic; version: string; epoch: string; head: string; now: number }>(
  'lock_topics',
  // Materialised, so that the clock is read once the lock is held and not when the wait for it begins.
  `WITH locked AS MATERIALIZED (
    SELECT topic, ${TOPIC_VERSION} AS version, epoch, head, written_at
    FROM topics WHERE topic = ANY($1::text[]) ORDER BY topic FOR UPDATE)
  SELECT topic, version, epoch, head,
    (extract(epoch FROM greatest(clock_timestamp(), written_at)) * 1000)::float8 AS now FROM locked`,
)

/** In alphabetical order, so that transactions cannot deadlock. */
async function lockTopics(
  tx: Transaction,
  batches: readonly { readonly topic: Topic }[],
): Promise<ReadonlyMap<Topic, LockedTopic>> {
  const rows = await LOCK_TOPICS(
    tx,
    batches.map(({ topic }) => topic),
  )
  return new Map(
    rows.map(({ topic, version, epoch, head, now }) => [
      topic,
      { version, epoch: asEpoch(Number(epoch)), head: asOffset(Number(head)), now: instant(now) },
    ]),
  )
}

interface Keyed<Body, Reply> {
  readonly command: Command<Body>
  readonly reply: Reply
  readonly offset: Offset
}

/** The result of the commands of one topic. */
interface Fold<Body, Reply, State, Event, View> {
  readonly outcomes: readonly Outcome<Reply, View>[]
  readonly entries: readonly Entry[]
  readonly change: AggregateChange<State, Event>
  readonly epoch: Epoch
  /** The position of the last entry. */
  readonly head: Offset
  /** The accepted commands whose keys are stored. */
  readonly keyed: readonly Keyed<Body, Reply>[]
}

function foldCommands<Body, Reply extends object, State, Event, View>(
  aggregate: Rules<Body, Reply, State, Event, View>,
  { topic, commands }: Pick<TopicBatch<Body, State>, 'topic' | 'commands'>,
  before: State,
  locked: LockedTopic,
  stored: Map<string, StoredReply>,
): Fold<Body, Reply, State, Event, View> {
  const { epoch, now } = locked
  const outcomes: Outcome<Reply, View>[] = []
  const entries: Entry[] = []
  const steps: RecordedEvent<Event>[] = []
  const keyed: Keyed<Body, Reply>[] = []
  let state = before
  let head = locked.head

  const apply = (
    command: Command<Body>,
    place: number,
    decision: Decision<Event, Reply>,
  ): Outcome<Reply, View> => {
    if (decision.kind !== 'accepted') return decision
    for (const event of decision.events) {
      state = aggregate.evolve(state, event, { now, next: advance(head) })
      const shown = aggregate.entryOf(event, state)
      if (shown !== undefined) {
        head = advance(head)
        entries.push({ topic, epoch, offset: head, at: now, ...shown })
      }
      const offset = shown === undefined ? null : head
      steps.push({ event, offset, actor: command.actor, command: place })
    }
    const { reply } = decision
    if (command.idempotency !== undefined) {
      keyed.push({ command, reply, offset: head })
      stored.set(storageKey(command), {
        fingerprint: command.idempotency.fingerprint,
        epoch,
        offset: head,
        reply,
        at: now,
      })
    }
    const position = { epoch, offset: head }
    return {
      kind: 'accepted',
      reply,
      position,
      at: now,
      isReplay: false,
      state: aggregate.viewOf(state, reply),
    }
  }

  for (const [place, command] of commands.entries()) {
    outcomes.push(
      repeated<Reply, View>(command, stored) ??
        apply(command, place, aggregate.decide(state, command, { now, next: advance(head) })),
    )
  }
  return { outcomes, entries, change: { topic, now, before, after: state, steps }, epoch, head, keyed }
}

/** The first result of a key that was used before. Undefined for a new command. */
function repeated<Reply, View>(
  command: Command<unknown>,
  stored: ReadonlyMap<string, StoredReply>,
): Outcome<Reply, View> | undefined {
  if (command.idempotency === undefined) return undefined
  const first = stored.get(storageKey(command))
  if (first === undefined) return undefined
  if (first.fingerprint !== command.idempotency.fingerprint) {
    const reason = 'This idempotency key was used before, for something else.'
    return {
      kind: 'rejected',
      rejection: { code: 'IDEMPOTENCY_KEY_REUSED', reason, field: 'idempotencyKey' },
    }
  }
  const position = { epoch: first.epoch, offset: first.offset }
  return {
    kind: 'accepted',
    reply: first.reply as Reply,
    position,
    at: first.at,
    isReplay: true,
    state: undefined,
  }
}

function callerOf(command: Command<unknown>): string {
  return command.actor.kind === 'user' ? command.actor.person.id : ''
}

function storageKey(command: Command<unknown>): string {
  return `${callerOf(command)}\n${command.idempotency?.key ?? ''}`
}

const LOAD_REPLIES = statement<{
  caller: string
  key: string
  fingerprint: string
  epoch: string
  offset: string
  reply: object
  at: number
}>(
  'load_replies',
  // LIMIT keeps the planner from scanning the whole table, which it does if it estimates it to be small.
  `SELECT caller, found.key, fingerprint, epoch, "offset", reply, (extract(epoch FROM at) * 1000)::float8 AS at
  FROM unnest($1::text[], $2::text[]) AS wanted(by, key),
    LATERAL (SELECT * FROM idempotency WHERE caller = wanted.by AND idempotency.key = wanted.key LIMIT 1) AS found`,
)

async function loadReplies(
  tx: Transaction,
  commands: readonly Command<unknown>[],
): Promise<Map<string, StoredReply>> {
  const keyed = commands.filter(({ idempotency }) => idempotency !== undefined)
  if (keyed.length === 0) return new Map()
  const keys = keyed.map(({ idempotency }) => idempotency?.key)
  const rows = await LOAD_REPLIES(tx, keyed.map(callerOf), keys)
  return new Map(
    rows.map(({ caller, key, fingerprint, epoch, offset, reply, at }) => [
      `${caller}\n${key}`,
      {
        ...{ fingerprint, reply, at: instant(at) },
        ...{ epoch: asEpoch(Number(epoch)), offset: asOffset(Number(offset)) },
      },
    ]),
  )
}

const WRITE_ENTRIES = statement<{ topic: Topic; version: string }>(
  'write_entries',
  `WITH changed AS MATERIALIZED (
    SELECT * FROM unnest($1::text[], $2::bigint[], $3::timestamptz[]) WITH ORDINALITY AS row(topic, head, at, place)),
  written AS (
    INSERT INTO entries (topic, "offset", at, type, data, actor_id)
    SELECT topic, "offset", at, type, data, actor
    FROM json_to_recordset($4::json) AS row(place int, "offset" bigint, type text, data json, actor text)
      JOIN changed USING (place))
  UPDATE topics SET head = changed.head, written_at = changed.at, ${NEW_TOPIC_VERSION} FROM changed
  WHERE topics.topic = changed.topic RETURNING topics.topic, ${TOPIC_VERSION} AS version`,
)

/** Returns the new versions of the topics' rows. */
async function writeEntries(
  tx: Transaction,
  folds: readonly Fold<unknown, object, unknown, unknown, unknown>[],
): Promise<ReadonlyMap<Topic, string>> {
  const lines = folds.flatMap(({ entries, change: { steps } }, index) => {
    const actors = new Map(
      steps.map(({ offset, actor }) => [offset, actor.kind === 'user' ? actor.person.id : null]),
    )
    return entries.map(({ offset, type, data }) => {
      return { place: index + 1, offset, type, data, actor: actors.get(offset) ?? null }
    })
  })
  const rows = await WRITE_ENTRIES(
    tx,
    folds.map(({ change }) => change.topic),
    folds.map(({ head }) => head),
    folds.map(({ change }) => formatInstant(change.now)),
    JSON.stringify(lines),
  )
  return new Map(rows.map(({ topic, version }) => [topic, version]))
}

const STORE_REPLIES = statement(
  'store_replies',
  `INSERT INTO idempotency (caller, key, fingerprint, topic, epoch, "offset", reply, at)
  SELECT caller, key, fingerprint, topic, epoch, "offset", reply, at
  FROM json_to_recordset($4::json)
      AS row(place int, caller text, key text, fingerprint text, "offset" bigint, reply json)
    JOIN unnest($1::text[], $2::bigint[], $3::timestamptz[]) WITH ORDINALITY AS changed(topic, epoch, at, place)
      USING (place)`,
)

/** A key that another batch has stored meanwhile violates the primary key; the batch is retried and finds it. */
async function storeReplies(
  tx: Transaction,
  folds: readonly Fold<unknown, object, unknown, unknown, unknown>[],
): Promise<void> {
  const lines = folds.flatMap(({ keyed }, index) =>
    keyed.map(({ command, reply, offset }) => {
      const { key, fingerprint } = command.idempotency ?? {}
      return { place: index + 1, caller: callerOf(command), key, fingerprint, offset, reply }
    }),
  )
  if (lines.length === 0) return
  await STORE_REPLIES(
    tx,
    folds.map(({ change }) => change.topic),
    folds.map(({ epoch }) => epoch),
    folds.map(({ change }) => formatInstant(change.now)),
    JSON.stringify(lines),
  )
}
