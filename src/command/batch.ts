import type { Decision } from '../domain/decision.ts'
import { formatInstant, type Instant, instant } from '../kernel/instant.ts'
import { advance, asEpoch, asOffset, type Epoch, type Offset } from '../kernel/position.ts'
import type { Topic } from '../kernel/topic.ts'
import { allSettled } from '../log/all-settled.ts'
import type { Database, Transaction } from '../log/database.ts'
import type { Entry } from '../log/entry.ts'
import { beginTopics } from '../log/seed.ts'
import { statement } from '../log/statement.ts'
import type { Aggregate, Step } from './aggregate.ts'
import type { Command, Outcome } from './commands.ts'

/** What a batch came to: one outcome a command, in order, and the entries that are now in the history. */
export interface BatchResult<Reply, View> {
  readonly outcomes: readonly Outcome<Reply, View>[]
  readonly entries: readonly Entry[]
}

/** What the last batch of a topic left behind, true while the topic's row is of that version. */
export interface Kept<State> {
  readonly version: string
  readonly state: State
}

/** By topic; may forget. */
export type Memory<State> = Pick<Map<Topic, Kept<State>>, 'get' | 'delete'> & {
  set(topic: Topic, kept: Kept<State>): unknown
}

interface LockedTopic {
  /** The transaction that wrote the row: whoever changes anything of a topic writes its row. */
  readonly version: string
  readonly epoch: Epoch
  readonly head: Offset
  readonly now: Instant
}

interface StoredReply {
  readonly fingerprint: string
  readonly epoch: Epoch
  readonly offset: Offset
  readonly reply: object
  readonly at: Instant
}

/**
 * Runs the commands of one topic, in order, in one transaction: locks the topic's row, loads, folds decide
 * and evolve, writes entries, read models and keys, commits. All of the accepted take effect, or the whole
 * batch fails by a throw and none does.
 */
export async function runBatch<Body, Reply extends object, State, Event, View>(
  database: Database,
  aggregate: Aggregate<Body, Reply, State, Event, View>,
  topic: Topic,
  commands: readonly Command<Body>[],
  memory: Memory<State>,
): Promise<BatchResult<Reply, View>> {
  let result: BatchResult<Reply, View> = { outcomes: [], entries: [] }
  let left: Kept<State> | undefined
  try {
    await database.transaction(async (tx) => {
      await beginTopics(
        tx,
        commands.flatMap((command) => aggregate.topicsBegunBy(command)),
      )
      const kept = memory.get(topic)
      // In one round trip: the database answers what is asked after the lock as it is when that is held.
      const [locked, stored, loaded] = await allSettled([
        lockTopic(tx, topic),
        loadReplies(tx, commands),
        aggregate.load(tx, topic, commands, kept?.state),
      ])
      const isKept = kept === undefined || kept.version === locked.version
      const before = isKept ? loaded : await aggregate.load(tx, topic, commands, undefined)
      const fold = foldCommands(aggregate, topic, commands, before, locked, stored)
      result = { outcomes: fold.outcomes, entries: fold.entries }
      if (fold.steps.length === 0) throw new NothingToCommit()
      const change = { topic, now: locked.now, before, after: fold.after, steps: fold.steps }
      const [version, saved] = await allSettled([
        writeEntries(tx, topic, fold.entries, fold.steps, locked.now),
        aggregate.save(tx, change),
        storeReplies(tx, topic, locked, fold.keyed),
      ])
      result = { outcomes: fold.outcomes, entries: [...fold.entries, ...saved.elsewhere] }
      if (saved.kept !== undefined) left = { version, state: saved.kept }
    })
    if (left === undefined) memory.delete(topic)
    else memory.set(topic, left)
  } catch (error) {
    if (!(error instanceof NothingToCommit)) throw error
  }
  return result
}

/** Rolls a transaction back in which all was refused or repeated. */
class NothingToCommit extends Error {}

// Materialised, so that the clock is read when the lock is held and not when waiting for it began.
const LOCK_TOPIC = statement<{ version: string; epoch: string; head: string; now: number }>(
  'lock_topic',
  `WITH locked AS MATERIALIZED (
    SELECT xmin::text AS version, epoch, head, written_at FROM topics WHERE topic = $1 FOR UPDATE)
  SELECT version, epoch, head,
    (extract(epoch FROM greatest(clock_timestamp(), written_at)) * 1000)::float8 AS now FROM locked`,
)

/** A topic that has not begun is locked by nothing: whoever asks for it is told that it isn't there. */
async function lockTopic(tx: Transaction, topic: Topic): Promise<LockedTopic> {
  const [row] = await LOCK_TOPIC(tx, topic)
  if (row === undefined)
    return { version: '', epoch: asEpoch(0), head: asOffset(0), now: instant(Date.now()) }
  const { version, epoch, head, now } = row
  return { version, epoch: asEpoch(Number(epoch)), head: asOffset(Number(head)), now: instant(now) }
}

interface Keyed<Body, Reply> {
  readonly command: Command<Body>
  readonly reply: Reply
  readonly offset: Offset
}

interface Fold<Body, Reply, State, Event, View> {
  readonly outcomes: readonly Outcome<Reply, View>[]
  readonly entries: readonly Entry[]
  readonly steps: readonly Step<Event>[]
  readonly after: State
  /** The accepted commands whose keys are to be kept. */
  readonly keyed: readonly Keyed<Body, Reply>[]
}

function foldCommands<Body, Reply extends object, State, Event, View>(
  aggregate: Aggregate<Body, Reply, State, Event, View>,
  topic: Topic,
  commands: readonly Command<Body>[],
  before: State,
  locked: LockedTopic,
  stored: Map<string, StoredReply>,
): Fold<Body, Reply, State, Event, View> {
  const { epoch, now } = locked
  const outcomes: Outcome<Reply, View>[] = []
  const entries: Entry[] = []
  const steps: Step<Event>[] = []
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
  return { outcomes, entries, steps, after: state, keyed }
}

/** The first answer to a key that was used before, or undefined for a command that is new. */
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
  `SELECT caller, idempotency.key, fingerprint, epoch, "offset", reply, (extract(epoch FROM at) * 1000)::float8 AS at
  FROM idempotency JOIN unnest($1::text[], $2::text[]) AS wanted(by, key)
    ON caller = wanted.by AND idempotency.key = wanted.key`,
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

const WRITE_NOTHING = statement<Versioned>(
  'write_nothing',
  'UPDATE topics SET written_at = $2 WHERE topic = $1 RETURNING xmin::text AS version',
)

const WRITE_ENTRIES = statement<Versioned>(
  'write_entries',
  `WITH written AS (
    INSERT INTO entries (topic, "offset", at, type, data, actor_id)
    SELECT $1, "offset", $2::timestamptz, type, data, actor
    FROM json_to_recordset($4::json) AS row("offset" bigint, type text, data json, actor text))
  UPDATE topics SET head = $3, written_at = $2::timestamptz WHERE topic = $1 RETURNING xmin::text AS version`,
)

interface Versioned {
  readonly version: string
}

/** Returns the version of the topic's row from now on. */
async function writeEntries(
  tx: Transaction,
  topic: Topic,
  entries: readonly Entry[],
  steps: readonly Step<unknown>[],
  now: Instant,
): Promise<string> {
  const at = formatInstant(now)
  const last = entries.at(-1)
  if (last === undefined) return versionOf(await WRITE_NOTHING(tx, topic, at))
  const actors = new Map(
    steps.map(({ offset, actor }) => [offset, actor.kind === 'user' ? actor.person.id : null]),
  )
  const rows = entries.map(({ offset, type, data }) => ({
    offset,
    type,
    data,
    actor: actors.get(offset) ?? null,
  }))
  return versionOf(await WRITE_ENTRIES(tx, topic, at, last.offset, JSON.stringify(rows)))
}

function versionOf([row]: readonly Versioned[]): string {
  return String(row?.version)
}

const STORE_REPLIES = statement(
  'store_replies',
  `INSERT INTO idempotency (caller, key, fingerprint, topic, epoch, "offset", reply, at)
  SELECT caller, key, fingerprint, $1, $2, "offset", reply, $3::timestamptz
  FROM json_to_recordset($4::json) AS row(caller text, key text, fingerprint text, "offset" bigint, reply json)`,
)

/** A key that another topic's batch stored meanwhile breaks the primary key: the batch is run again and finds it. */
async function storeReplies(
  tx: Transaction,
  topic: Topic,
  locked: LockedTopic,
  keyed: readonly Keyed<unknown, object>[],
): Promise<void> {
  if (keyed.length === 0) return
  const rows = keyed.map(({ command, reply, offset }) => ({
    caller: callerOf(command),
    key: command.idempotency?.key,
    fingerprint: command.idempotency?.fingerprint,
    offset,
    reply,
  }))
  await STORE_REPLIES(tx, topic, locked.epoch, formatInstant(locked.now), JSON.stringify(rows))
}
