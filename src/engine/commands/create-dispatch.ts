import type { Hooks } from '../hooks.ts'
import { familyOf, type Topic } from '../kernel/topic.ts'
import type { Dispatch } from './dispatch.ts'
import type { AnyFamily } from './family.ts'
import { type CommandMetrics, createCommandCounters } from './metrics.ts'
import { createNodeBacklog, type QueueOptions } from './queue.ts'

export interface DispatchOptions extends QueueOptions {
  readonly families: readonly AnyFamily[]
  readonly hooks: Hooks
}

/** The command queues of one node. */
export interface RunningDispatch {
  readonly dispatch: Dispatch
  /** Dispatches the deadline command of the topic's family. Throws if no family of this node owns the topic. */
  passDeadline(topic: Topic): Promise<unknown>
  /** Resolves when every submitted command has its outcome. */
  idle(): Promise<void>
  /** Drops all cached state because the database now continues another history. */
  forget(): void
  readonly metrics: CommandMetrics
  /** Number of commands that wait for their transaction. */
  waiting(): number
}

export function createDispatch({ families, hooks, ...given }: DispatchOptions): RunningDispatch {
  const counters = createCommandCounters()
  const backlog = createNodeBacklog()
  const node = {}
  const queues = families.map((family) => family.open(node, hooks, { backlog, ...given, counters }))
  const withDeadlines = new Map(
    families.filter(({ hasDeadlines }) => hasDeadlines).map((family) => [family.prefix, family]),
  )
  return {
    dispatch: (family, id, actor, body, idempotency) => family.submit(node, id, actor, body, idempotency),
    async passDeadline(topic) {
      const family = withDeadlines.get(familyOf(topic))
      if (family === undefined) throw new Error(`no feature of this node handles deadlines of ${topic}`)
      await family.passDeadline(node, topic)
    },
    async idle() {
      await Promise.all(queues.map((queue) => queue.idle()))
    },
    forget() {
      for (const queue of queues) queue.forget()
    },
    metrics: counters,
    waiting: () => backlog.waiting(),
  }
}
