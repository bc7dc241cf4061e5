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
import { isConflict, isRecordUnavailable, RecordUnavailable } from '../storage/faults.ts'
import { type Admission, createAdmission, type Origin, originOf } from './admission.ts'
import { type Aggregate, type JointAggregate, jointly } from './aggregate.ts'
import { type BatchResult, type Kept, runBatch } from './batch.ts'
import type { Command, Outcome } from './command.ts'
import { type CommandCounters, type CommandEnd, createCommandCounters } from './metrics.ts'
import type { Turns } from './semaphore.ts'

export interface QueueOptions {
  readonly database: Database
  /** Bounds the transactions open at once over all queues; the rest of the pool is for reads. */
  readonly turns: Turns
  /** Told of what was committed, once a batch, before its commands are answered. Must not throw. */
  readonly announce: (entries: readonly Entry[]) => void
  /** The backlog of all queues of the node; its own where absent. */
  readonly backlog?: Admission
  /** Whether the database answers commands: else a full backlog is its fault, and not that of the load. */
  readonly isAnswering?: () => boolean
  /** Added to by this queue; its own where absent. */
  readonly counters?: CommandCounters
  /** None where absent. */
  readonly tracing?: Tracing
}

/** Takes commands for the topics of one aggregate; answers each after commit, or throws on a fault. */
export interface CommandQueue<Body, Reply, View> {
  /** Throws Overloaded at once, RecordUnavailable within 30 s, or what the batch threw. */
  submit(command: Command<Body>): Promise<Outcome<Reply, View>>
  /** Resolves when everything that was submitted is answered. */
  idle(): Promise<void>
  /** Drops the state kept between batches: the next one of each topic loads it again. */
  forget(): void
}

const MAX_BATCH = 256
/** Batches of a joint aggregate under way at once: where one is held up by a topic, others are not for ever. */
const JOINT_WORKERS = 4
/** So long what waits gathers behind a batch before another one begins beside it. */
const GATHER_MS = 20
/** For one topic, or for all topics of a joint aggregate: what comes on top is refused at once. */
const OWN_BACKLOG = { targetMs: 50, atLeast: MAX_BATCH, burst: 4 * MAX_BATCH }
/** For the node: twice as much, so that one hot topic leaves room for the others. */
const NODE_BACKLOG = { targetMs: 100, atLeast: 2 * MAX_BATCH, burst: 8 * MAX_BATCH }
/** A command is answered or failed within 30 s: what waited this long is not begun any more. */
const MAX_WAIT_MS = 10_000
const ANSWER_WITHIN_MS = 28_000
const MAX_ATTEMPTS = 5
/** Topics of whose state the last batch is remembered: those that are busy, and then some. */
const REMEMBERED = 500

/** The backlog that all queues of a node share. */
export function createNodeBacklog(): Admission {
  return createAdmission(NODE_BACKLOG)
}

interface Waiting<Body, Reply, View> {
  readonly command: Command<Body>
  readonly origin: Origin
  readonly since: number
  /** Fails it while it waits: whatever happens to those before it, it has a clock of its own. */
  readonly expiry: NodeJS.Timeout
  /** What gave the command; undefined where nothing is traced. */
  readonly trace: TraceParent | undefined
  /** Until its batch begins. */
  readonly wait: Span
  readonly answer: (outcome: Outcome<Reply, View>) => void
  readonly fail: (error: unknown) => void
}

/** What waits for one topic, in order. */
interface TopicQueue<Body, Reply, View> {
  readonly waiting: Set<Waiting<Body, Reply, View>>
  /** Of a joint aggregate one for all its topics, since a batch takes from all. */
  readonly backlog: Admission
}

/**
 * One queue a topic. Whoever works takes all that waits for a topic, up to MAX_BATCH, as one transaction: while it commits
 * the next batch gathers, so that a hot topic costs one commit a batch and an idle one waits for nobody. Of a joint
 * aggregate a batch takes what waits for all topics, and few are under way at once: so many quiet topics cost what one
 * busy one does.
 */
export function createCommandQueue<Body, Reply extends object, State, Event, View>(
  aggregate: Aggregate<Body, Reply, State, Event, View> | JointAggregate<Body, Reply, State, Event, View>,
  options: QueueOptions,
): CommandQueue<Body, Reply, View> {
  type Batch = readonly Waiting<Body, Reply, View>[]
  const { counters = createCommandCounters(), tracing = NO_TRACING } = options
  const { backlog: nodeBacklog = createNodeBacklog(), isAnswering = () => true } = options
  const isJoint = 'loadAll' in aggregate
  const joint = isJoint ? aggregate : jointly(aggregate)
  const memory = new LRUCache<Topic, Kept<State>>({ max: REMEMBERED })
  /** Of the topics for which something waits or is under way. */
  const queues = new Map<Topic, TopicQueue<Body, Reply, View>>()
  const jointBacklog = createAdmission(OWN_BACKLOG)
  /** Those for which something waits and nothing is under way, the longest waiting first. */
  const ready = new Set<Topic>()
  let workers = 0
  let isGathering = false
  let idlers: (() => void)[] = []

  async function work(): Promise<void> {
    while (ready.size > 0) {
      const release = await options.turns.take()
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
    if (isJoint && workers > 0) beginBeside()
    else beginWork()
  }

  function beginWork(): void {
    workers += 1
    // From the next turn of the event loop, so that commands that arrived together travel together.
    setImmediate(() => void work())
  }

  function beginBeside(): void {
    if (workers === JOINT_WORKERS || isGathering) return
    isGathering = true
    setTimeout(() => {
      isGathering = false
      if (ready.size > 0) beginWork()
    }, GATHER_MS)
  }

  /** The next batch; from here on something is under way for its topics. */
  function take(): { readonly topics: readonly Topic[]; readonly batch: Batch } {
    const topics: Topic[] = []
    const batch: Waiting<Body, Reply, View>[] = []
    for (const topic of ready) {
      if (batch.length === MAX_BATCH || (topics.length > 0 && !isJoint)) break
      ready.delete(topic)
      topics.push(topic)
      batch.push(...takeFrom(queues.get(topic), MAX_BATCH - batch.length))
    }
    if (isJoint) jointBacklog.take(batch.map(({ origin }) => origin))
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
    if (!isJoint) queue.backlog.take(taken.map(({ origin }) => origin))
    return taken
  }

  /** Resolves when all of `batch` are answered or failed, which nothing that the driver does puts off. */
  async function run(batch: Batch): Promise<void> {
    if (batch.length === 0) return
    counters.batchSizes.add(batch.length)
    for (const { wait } of batch) wait.end()
    const oldest = Math.min(...batch.map(({ since }) => since))
    const late = new AbortController()
    const timer = setTimeout(
      () => {
        late.abort()
        failAll(batch, new RecordUnavailable())
      },
      oldest + ANSWER_WITHIN_MS - Date.now(),
    )
    const isLate = new Promise<void>((resolve) => late.signal.addEventListener('abort', () => resolve()))
    await Promise.race([settle(batch, late.signal), isLate])
    clearTimeout(timer)
  }

  /** Never rejects. What was committed is announced, also where nobody waits for the answer any more. */
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
      // The database is at fault, or the time is over: the halves would fare no better.
      if (isRecordUnavailable(error)) failAll(batch, new RecordUnavailable(error))
      else if (batch.length === 1 || late.aborted || overloadOf(error) !== undefined) failAll(batch, error)
      else {
        // One of them is at fault: by halves it is found, and can't sink its neighbours.
        const half = Math.ceil(batch.length / 2)
        await settle(batch.slice(0, half), late)
        await settle(batch.slice(half), late)
      }
    }
  }

  /** The transaction as one span. What comes of it goes on from there, also when it is over. */
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
        return await runBatch(options.database, joint, commands, memory)
      } catch (error) {
        if (!isConflict(error) || attempt === MAX_ATTEMPTS || late.aborted) throw error
      }
    }
  }

  /** What began waiting at `since` is counted as it ends, the first time. */
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

  /** Refuses `command` at once where too much waits already. */
  function admit(origin: Origin, own: Admission): void {
    const retryAfterMs = Math.max(own.refusal(origin), nodeBacklog.refusal(origin))
    if (retryAfterMs === 0) return
    counters.ends.overloaded += 1
    throw isAnswering() ? new Overloaded(retryAfterMs) : new RecordUnavailable()
  }

  function queueOf(topic: Topic): TopicQueue<Body, Reply, View> {
    const known = queues.get(topic)
    if (known !== undefined) return known
    return { waiting: new Set(), backlog: isJoint ? jointBacklog : createAdmission(OWN_BACKLOG) }
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
        failAll([waiting], isAnswering() ? new Overloaded(MAX_WAIT_MS) : new RecordUnavailable())
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

    forget: () => memory.clear(),

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
