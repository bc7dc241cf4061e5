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

/** The queues of one node, and how commands reach them. */
export interface RunningDispatch {
  readonly dispatch: Dispatch
  /** Gives the topic the command that its family has for a deadline. Throws where no family of this node owns it. */
  passDeadline(topic: Topic): Promise<unknown>
  /** Resolves when every submitted command is answered. */
  idle(): Promise<void>
  /** Drops all cached state: the database continues another history than the one it was read from. */
  forget(): void
  readonly figures: CommandMetrics
  /** How many commands wait for their transaction. */
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
    figures: counters,
    waiting: () => backlog.waiting(),
  }
}
