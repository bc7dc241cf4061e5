import { LRUCache } from 'lru-cache'
import type { Topic } from '../kernel/topic.ts'
import type { Database } from '../log/database.ts'
import type { Entry } from '../log/entry.ts'
import { isConflict, isRecordUnavailable, RecordUnavailable } from '../log/faults.ts'
import { transactionSpan, waitingSpan } from '../tracing/spans.ts'
import { NO_TRACING, type Span, type TraceParent, type Tracing, typeOf } from '../tracing/tracing.ts'
import { type Aggregate, type JointAggregate, jointly } from './aggregate.ts'
import { type BatchResult, type Kept, runBatch } from './batch.ts'
import type { Command, Outcome } from './commands.ts'
import { type CommandCounters, type CommandEnd, createCommandCounters } from './figures.ts'
import type { Turns } from './turns.ts'

export interface QueueOptions {
  readonly database: Database
  /** Bounds the transactions open at once over all queues; the rest of the pool is for reads. */
  readonly turns: Turns
  /** Told of what was committed, once a batch, before its commands are answered. Must not throw. */
  readonly announce: (entries: readonly Entry[]) => void
  /** Added to by this queue; its own where absent. */
  readonly counters?: CommandCounters
  /** Tests say so, to see that keys are missed: none is kept, and each command counts as new. */
  readonly withoutKeys?: boolean
  /** None where absent. */
  readonly tracing?: Tracing
}

/** Takes commands for the topics of one aggregate; answers each after commit, or throws on a fault. */
export interface CommandQueue<Body, Reply, View> {
  /** Throws RecordUnavailable, or what the batch threw. */
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
/** Waiting for one topic; beyond it, a command is turned away at once rather than answered too late. */
const MAX_WAITING = 10_000
/** A command is answered or failed within 30 s: what waited this long is not begun any more. */
const MAX_WAIT_MS = 10_000
const ANSWER_WITHIN_MS = 28_000
const MAX_ATTEMPTS = 5
/** Topics of whose state the last batch is remembered: those that are busy, and then some. */
const REMEMBERED = 500

interface Waiting<Body, Reply, View> {
  readonly command: Command<Body>
  readonly since: number
  /** What gave the command; undefined where nothing is traced. */
  readonly trace: TraceParent | undefined
  /** Until its batch begins. */
  readonly wait: Span
  readonly answer: (outcome: Outcome<Reply, View>) => void
  readonly fail: (error: unknown) => void
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
  const isJoint = 'loadAll' in aggregate
  const joint = isJoint ? aggregate : jointly(aggregate)
  const memory = new LRUCache<Topic, Kept<State>>({ max: REMEMBERED })
  /** Of the topics for which something waits or is under way. */
  const queues = new Map<Topic, Waiting<Body, Reply, View>[]>()
  /** Those for which something waits and nothing is under way, the longest waiting first. */
  const ready = new Set<Topic>()
  let workers = 0
  let isGathering = false
  let idlers: (() => void)[] = []

  async function work(): Promise<void> {
    while (ready.size > 0) {
      const release = await options.turns.take()
      const { topics, batch } = take()
      await run(withoutStale(batch)).finally(release)
      for (const topic of topics) {
        if (queues.get(topic)?.length === 0) queues.delete(topic)
        else ready.add(topic)
      }
    }
    workers -= 1
    if (queues.size > 0) return
    const waiters = idlers
    idlers = []
    for (const resolve of waiters) resolve()
  }

  function begin(topic: Topic, waiting: Waiting<Body, Reply, View>): void {
    queues.set(topic, [waiting])
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
      batch.push(...(queues.get(topic) ?? []).splice(0, MAX_BATCH - batch.length))
    }
    return { topics, batch }
  }

  async function run(batch: Batch): Promise<void> {
    const [first] = batch
    if (first === undefined) return
    counters.batchSizes.add(batch.length)
    for (const { wait } of batch) wait.end()
    // Nobody waits longer than promised, whatever the driver does with a connection that went silent.
    const oldest = Math.min(...batch.map(({ since }) => since))
    const timer = setTimeout(
      () => failAll(batch, new RecordUnavailable()),
      oldest + ANSWER_WITHIN_MS - Date.now(),
    )
    try {
      const { outcomes, entries, span } = await runTraced(first.command.topic, batch)
      if (entries.length > 0) tracing.within(span, () => options.announce(entries))
      batch.forEach(({ answer, fail }, index) => {
        const outcome = outcomes[index]
        if (outcome === undefined) fail(new RangeError('a batch answers every command'))
        else answer(outcome)
      })
    } catch (error) {
      if (isRecordUnavailable(error)) failAll(batch, new RecordUnavailable(error))
      else if (batch.length === 1) first.fail(error)
      else {
        // One of them is at fault: by halves it is found, and can't sink its neighbours.
        const half = Math.ceil(batch.length / 2)
        await run(batch.slice(0, half))
        await run(batch.slice(half))
      }
    } finally {
      clearTimeout(timer)
    }
  }

  /** The transaction as one span. What comes of it goes on from there, also when it is over. */
  async function runTraced(
    topic: Topic,
    batch: Batch,
  ): Promise<BatchResult<Reply, View> & { readonly span: Span }> {
    const traces = batch.map(({ trace }) => trace)
    const span = tracing.start(transactionSpan(topic, traces))
    try {
      return { ...(await tracing.within(span, () => runUntilUncontested(batch))), span }
    } catch (error) {
      span.fail(typeOf(error))
      throw error
    } finally {
      span.end()
    }
  }

  async function runUntilUncontested(batch: Batch): Promise<BatchResult<Reply, View>> {
    const given = batch.map(({ command }) => command)
    const commands = options.withoutKeys ? given.map(withoutKey) : given
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await runBatch(options.database, joint, commands, memory)
      } catch (error) {
        if (!isConflict(error) || attempt === MAX_ATTEMPTS) throw error
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

  return {
    submit(command) {
      return new Promise((answer, reject) => {
        const since = Date.now()
        const [trace, wait] = [tracing.current(), tracing.start(waitingSpan(command.topic))]
        const waiting = { command, since, trace, wait, ...counted(since, { answer, fail: reject }) }
        const queue = queues.get(command.topic)
        if (queue === undefined) begin(command.topic, waiting)
        else if (queue.length >= MAX_WAITING) failAll([waiting], new RecordUnavailable())
        else queue.push(waiting)
      })
    },

    forget: () => memory.clear(),

    idle() {
      return queues.size === 0 ? Promise.resolve() : new Promise((resolve) => idlers.push(resolve))
    },
  }
}

function withoutKey<Body>({ topic, actor, body }: Command<Body>): Command<Body> {
  return { topic, actor, body }
}

/** What waited too long is failed instead: nothing of it has begun. */
function withoutStale<Body, Reply, View>(
  batch: readonly Waiting<Body, Reply, View>[],
): readonly Waiting<Body, Reply, View>[] {
  const oldest = Date.now() - MAX_WAIT_MS
  const stale = batch.filter(({ since }) => since < oldest)
  // An error costs its stack.
  if (stale.length === 0) return batch
  failAll(stale, new RecordUnavailable())
  return batch.filter(({ since }) => since >= oldest)
}

function failAll(
  batch: readonly { readonly wait: Span; readonly fail: (error: unknown) => void }[],
  error: Error,
): void {
  for (const { wait, fail } of batch) {
    wait.end()
    fail(error)
  }
}
