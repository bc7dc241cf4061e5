// Over 300 lines: one state machine; its table of modes and its transitions belong together.

import { LRUCache } from 'lru-cache'
import { transactionSpan, waitingSpan } from '../../platform/tracing/spans.ts'
import {
  NO_TRACING,
  type Span,
  type TraceParent,
  type Tracing,
  typeOf,
} from '../../platform/tracing/tracing.ts'
import type { Entry } from '../history/entry.ts'
import { Overloaded, overloadOf } from '../kernel/overloaded.ts'
import type { Topic } from '../kernel/topic.ts'
import type { Database } from '../storage/database.ts'
import { DatabaseUnavailable, isConflict, isDatabaseUnavailable } from '../storage/faults.ts'
import { type Admission, createAdmission, type Origin, originOf } from './admission.ts'
import { type Aggregate, asBatchAggregate, type BatchAggregate } from './aggregate.ts'
import { type BatchResult, type CachedState, runBatch } from './batch.ts'
import type { Command, Outcome } from './command.ts'
import { type CommandCounters, type CommandEnd, createCommandCounters } from './metrics.ts'
import type { Semaphore } from './semaphore.ts'

export interface QueueOptions {
  readonly database: Database
  /** Bounds the concurrent transactions of all queues. The rest of the pool is for reads. */
  readonly permits: Semaphore
  /** Called with the committed entries, once per batch, before its commands resolve. Must not throw. */
  readonly announce: (entries: readonly Entry[]) => void
  /** The backlog shared by all queues of the node. Default: a new one. */
  readonly backlog?: Admission
  /** Whether the database answers commands. If not, a full backlog is reported as its fault rather than as overload. */
  readonly isAnswering?: () => boolean
  /** Updated by this queue. Default: new metrics. */
  readonly counters?: CommandCounters
  readonly tracing?: Tracing
}

/** Runs commands for the topics of one aggregate. Each resolves after its commit, or throws on a fault. */
export interface CommandQueue<Body, Reply, View> {
  /** Throws Overloaded at once, DatabaseUnavailable within 30 s, or the error of the batch. */
  submit(command: Command<Body>): Promise<Outcome<Reply, View>>
  /** Resolves when every submitted command has its outcome. */
  idle(): Promise<void>
  /** Drops the state cached between batches: the next batch of each topic loads it again. */
  forget(): void
}

const MAX_BATCH = 256
/** Concurrent batches of a batch aggregate, so that one that waits for a topic's lock does not block all others. */
const PARALLEL_BATCHES = 4
/** How long commands gather behind a running batch before another one starts. */
const GATHER_MS = 20
/** Backlog limit of one topic, or of all topics of a batch aggregate. Further commands are refused at once. */
const OWN_BACKLOG = { targetMs: 50, atLeast: MAX_BATCH, burst: 4 * MAX_BATCH }
/** Backlog limit of the node: twice as much, so that one hot topic leaves room for the others. */
const NODE_BACKLOG = { targetMs: 100, atLeast: 2 * MAX_BATCH, burst: 8 * MAX_BATCH }
/** A command succeeds or fails within 30 s, so one that waited this long is no longer started. */
const MAX_WAIT_MS = 10_000
const ANSWER_WITHIN_MS = 28_000
const MAX_ATTEMPTS = 5
/** Number of topics with cached state: more than are ever busy at once. */
const CACHED_TOPICS = 500

/** The backlog that all queues of a node share. */
export function createNodeBacklog(): Admission {
  return createAdmission(NODE_BACKLOG)
}

interface Waiting<Body, Reply, View> {
  readonly command: Command<Body>
  readonly origin: Origin
  readonly since: number
  /** Timeout of the command while it waits, independent of the commands before it. */
  readonly expiry: NodeJS.Timeout
  /** The caller's trace context; undefined if tracing is off. */
  readonly trace: TraceParent | undefined
  /** The wait of the command until its batch begins. */
  readonly wait: Span
  readonly answer: (outcome: Outcome<Reply, View>) => void
  readonly fail: (error: unknown) => void
}

/** The commands that wait for one topic, in order. */
interface TopicQueue<Body, Reply, View> {
  readonly waiting: Set<Waiting<Body, Reply, View>>
  /** A batch aggregate shares one among all its topics, since a batch takes from all. */
  readonly backlog: Admission
}

/**
 * One queue per topic. A batch takes all commands that wait for a topic, up to MAX_BATCH, into one transaction; the next
 * batch gathers while it commits. So a hot topic costs one commit per batch, and an idle one never waits for another. A batch
 * of a batch aggregate takes from all topics, and PARALLEL_BATCHES run at once: many quiet topics cost as much as a busy one.
 *
 * | a topic is | in `queues` | in `ready` | leaves by |
 * | --- | --- | --- | --- |
 * | idle | no | no | `submit`: gathering |
 * | gathering | yes | yes | a worker that has a permit (`take`): committing; every command may expire first: an empty batch |
 * | committing | yes | no | the batch ends: gathering where commands wait, otherwise idle |
 *
 * Cached state is stale once another node has written to the topic. A batch detects this by the version of the
 * topic's row and loads the state again: in the same transaction, or in a new one if stale state determined what to lock.
 */
export function createCommandQueue<Body, Reply extends object, State, Event, View>(
  aggregate: Aggregate<Body, Reply, State, Event, View> | BatchAggregate<Body, Reply, State, Event, View>,
  options: QueueOptions,
): CommandQueue<Body, Reply, View> {
  type Batch = readonly Waiting<Body, Reply, View>[]
  const { counters = createCommandCounters(), tracing = NO_TRACING } = options
  const { backlog: nodeBacklog = createNodeBacklog(), isAnswering = () => true } = options
  const isBatchAggregate = 'loadAll' in aggregate
  const batchAggregate = isBatchAggregate ? aggregate : asBatchAggregate(aggregate)
  const cache = new LRUCache<Topic, CachedState<State>>({ max: CACHED_TOPICS })
  /** The queues of topics that gather or commit. */
  const queues = new Map<Topic, TopicQueue<Body, Reply, View>>()
  const sharedBacklog = createAdmission(OWN_BACKLOG)
  /** The topics that gather, longest wait first. */
  const ready = new Set<Topic>()
  let workers = 0
  let isGathering = false
  let idlers: (() => void)[] = []

  async function work(): Promise<void> {
    while (ready.size > 0) {
      const release = await options.permits.acquire()
      const { topics, batch } = take()
      await run(batch).finally(release)
      for (const topic of topics) {
        if (queues.get(topic)?.waiting.size === 0) queues.delete(topic)
        else ready.add(topic)
      }
    }
    workers -= 1
    if (queues.size > 0) return
    const waiters = idlers
    idlers = []
    for (const resolve of waiters) resolve()
  }

  function begin(topic: Topic): void {
    ready.add(topic)
    if (isBatchAggregate && workers > 0) beginParallel()
    else beginWork()
  }

  function beginWork(): void {
    workers += 1
    // In the next iteration of the event loop, so that commands that arrived together form one batch.
    setImmediate(() => void work())
  }

  function beginParallel(): void {
    if (workers === PARALLEL_BATCHES || isGathering) return
    isGathering = true
    setTimeout(() => {
      isGathering = false
      if (ready.size > 0) beginWork()
    }, GATHER_MS)
  }

  /** Takes the next batch. Its topics are committing from here on. */
  function take(): { readonly topics: readonly Topic[]; readonly batch: Batch } {
    const topics: Topic[] = []
    const batch: Waiting<Body, Reply, View>[] = []
    for (const topic of ready) {
      if (batch.length === MAX_BATCH || (topics.length > 0 && !isBatchAggregate)) break
      ready.delete(topic)
      topics.push(topic)
      batch.push(...takeFrom(queues.get(topic), MAX_BATCH - batch.length))
    }
    if (isBatchAggregate) sharedBacklog.take(batch.map(({ origin }) => origin))
    nodeBacklog.take(batch.map(({ origin }) => origin))
    return { topics, batch }
  }

  function takeFrom(queue: TopicQueue<Body, Reply, View> | undefined, most: number): Batch {
    if (queue === undefined) return []
    const taken = [...queue.waiting].slice(0, most)
    for (const waiting of taken) {
      queue.waiting.delete(waiting)
      clearTimeout(waiting.expiry)
    }
    if (!isBatchAggregate) queue.backlog.take(taken.map(({ origin }) => origin))
    return taken
  }

  /** Resolves when every command of `batch` has its outcome, in time even if the driver never answers. */
  async function run(batch: Batch): Promise<void> {
    if (batch.length === 0) return
    counters.batchSizes.add(batch.length)
    for (const { wait } of batch) wait.end()
    const oldest = Math.min(...batch.map(({ since }) => since))
    const late = new AbortController()
    const timer = setTimeout(
      () => {
        late.abort()
        failAll(batch, new DatabaseUnavailable())
      },
      oldest + ANSWER_WITHIN_MS - Date.now(),
    )
    const isLate = new Promise<void>((resolve) => late.signal.addEventListener('abort', () => resolve()))
    await Promise.race([settle(batch, late.signal), isLate])
    clearTimeout(timer)
  }

  /** Never rejects. Committed entries are announced even if their commands have timed out. */
  async function settle(batch: Batch, late: AbortSignal): Promise<void> {
    const [first] = batch
    if (first === undefined) return
    try {
      const { outcomes, entries, span } = await runTraced(first.command.topic, batch, late)
      if (entries.length > 0) tracing.within(span, () => options.announce(entries))
      batch.forEach(({ answer, fail }, index) => {
        const outcome = outcomes[index]
        if (outcome === undefined) fail(new RangeError('a batch answers every command'))
        else answer(outcome)
      })
    } catch (error) {
      // The database is at fault or the batch timed out: retrying in halves would not help.
      if (isDatabaseUnavailable(error)) failAll(batch, new DatabaseUnavailable(error))
      else if (batch.length === 1 || late.aborted || overloadOf(error) !== undefined) failAll(batch, error)
      else {
        // One command is at fault: halving isolates it, so that the others succeed.
        const half = Math.ceil(batch.length / 2)
        await settle(batch.slice(0, half), late)
        await settle(batch.slice(half), late)
      }
    }
  }

  /** Traces the transaction as one span. Its announcement belongs to that span, although the span has ended. */
  async function runTraced(
    topic: Topic,
    batch: Batch,
    late: AbortSignal,
  ): Promise<BatchResult<Reply, View> & { readonly span: Span }> {
    const traces = batch.map(({ trace }) => trace)
    const span = tracing.start(transactionSpan(topic, traces))
    try {
      return { ...(await tracing.within(span, () => runUntilUncontested(batch, late))), span }
    } catch (error) {
      span.fail(typeOf(error))
      throw error
    } finally {
      span.end()
    }
  }

  async function runUntilUncontested(batch: Batch, late: AbortSignal): Promise<BatchResult<Reply, View>> {
    const commands = batch.map(({ command }) => command)
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await runBatch(options.database, batchAggregate, commands, cache)
      } catch (error) {
        if (!isConflict(error) || attempt === MAX_ATTEMPTS || late.aborted) throw error
      }
    }
  }

  /** Counts the outcome of a command that waits since `since`, once. */
  function counted(
    since: number,
    { answer, fail }: Pick<Waiting<Body, Reply, View>, 'answer' | 'fail'>,
  ): Pick<Waiting<Body, Reply, View>, 'answer' | 'fail'> {
    let isEnded = false
    const end = (how: CommandEnd): void => {
      if (isEnded) return
      isEnded = true
      counters.ends[how] += 1
      counters.latency.add((Date.now() - since) / 1000)
    }
    return {
      answer(outcome) {
        end(outcome.kind)
        answer(outcome)
      },
      fail(error) {
        end('failed')
        fail(error)
      },
    }
  }

  /** Throws if too many commands are waiting. */
  function admit(origin: Origin, own: Admission): void {
    const retryAfterMs = Math.max(own.refusal(origin), nodeBacklog.refusal(origin))
    if (retryAfterMs === 0) return
    counters.ends.overloaded += 1
    throw isAnswering() ? new Overloaded(retryAfterMs) : new DatabaseUnavailable()
  }

  function queueOf(topic: Topic): TopicQueue<Body, Reply, View> {
    const known = queues.get(topic)
    if (known !== undefined) return known
    return { waiting: new Set(), backlog: isBatchAggregate ? sharedBacklog : createAdmission(OWN_BACKLOG) }
  }

  function enter(
    command: Command<Body>,
    origin: Origin,
    queue: TopicQueue<Body, Reply, View>,
  ): Promise<Outcome<Reply, View>> {
    return new Promise((answer, reject) => {
      const since = Date.now()
      const expiry = setTimeout(() => {
        queue.waiting.delete(waiting)
        queue.backlog.leave(origin)
        nodeBacklog.leave(origin)
        failAll([waiting], isAnswering() ? new Overloaded(MAX_WAIT_MS) : new DatabaseUnavailable())
      }, MAX_WAIT_MS)
      const [trace, wait] = [tracing.current(), tracing.start(waitingSpan(command.topic))]
      const waiting = {
        ...{ command, origin, since, expiry, trace, wait },
        ...counted(since, { answer, fail: reject }),
      }
      queue.waiting.add(waiting)
      queue.backlog.enter(origin)
      nodeBacklog.enter(origin)
    })
  }

  return {
    async submit(command) {
      const { topic, actor } = command
      const origin = originOf(actor)
      const queue = queueOf(topic)
      admit(origin, queue.backlog)
      const answered = enter(command, origin, queue)
      if (!queues.has(topic)) {
        queues.set(topic, queue)
        begin(topic)
      }
      return answered
    },

    forget: () => cache.clear(),

    idle() {
      return queues.size === 0 ? Promise.resolve() : new Promise((resolve) => idlers.push(resolve))
    },
  }
}

function failAll(
  batch: readonly { readonly wait: Span; readonly fail: (error: unknown) => void }[],
  error: unknown,
): void {
  for (const { wait, fail } of batch) {
    wait.end()
    fail(error)
  }
}
