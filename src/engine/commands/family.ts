import type { Hooks } from '../hooks.ts'
import { type Actor, SYSTEM } from '../kernel/actor.ts'
import type { Topic } from '../kernel/topic.ts'
import type { Aggregate, BatchAggregate } from './aggregate.ts'
import type { IdempotencyKey, Outcome } from './command.ts'
import { type CommandQueue, createCommandQueue, type QueueOptions } from './queue.ts'

export interface FamilyOptions<Id, Body, Reply extends object, State, Event, View> {
  /** Unique among the families of a server. */
  readonly name: string
  /** The part of topic names before the colon. */
  readonly prefix: string
  topicOf(id: Id): Topic
  /** The rules and their storage, with what other features do in the same transaction. */
  aggregate(
    hooks: Hooks,
  ): Aggregate<Body, Reply, State, Event, View> | BatchAggregate<Body, Reply, State, Event, View>
  /** The command for a topic whose deadline has passed. Omit if topics of the family have no deadlines. */
  readonly onDue?: { idOf(topic: Topic): Id; readonly command: Body }
}

type AnyQueue = Pick<CommandQueue<never, unknown, unknown>, 'idle' | 'forget'>

/** A family with its types erased, as the engine handles it. */
export interface AnyFamily {
  readonly name: string
  readonly prefix: string
  readonly hasDeadlines: boolean
  /** Creates the queue of one node. */
  open(node: object, hooks: Hooks, options: QueueOptions): AnyQueue
  /** Dispatches the due command to the topic. */
  passDeadline(node: object, topic: Topic): Promise<unknown>
}

/**
 * One family of topics with common rules: a typed token for dispatching commands. `Id` identifies a topic, `Body` is a
 * command, `Reply` the result of an accepted command (stored with its idempotency key), `View` the caller's view of the
 * state right after.
 */
export class Family<Id, Body, Reply, View> implements AnyFamily {
  readonly name: string
  readonly prefix: string
  readonly topicOf: (id: Id) => Topic
  readonly #createQueue: (hooks: Hooks, options: QueueOptions) => CommandQueue<Body, Reply, View>
  readonly #onDue: { idOf(topic: Topic): Id; readonly command: Body } | undefined
  /** By node, because one process may run several. */
  readonly #queues = new WeakMap<object, CommandQueue<Body, Reply, View>>()

  constructor(
    { name, prefix, topicOf, onDue }: Omit<FamilyOptions<Id, Body, object, never, never, View>, 'aggregate'>,
    createQueue: (hooks: Hooks, options: QueueOptions) => CommandQueue<Body, Reply, View>,
  ) {
    this.name = name
    this.prefix = prefix
    this.topicOf = topicOf
    this.#onDue = onDue
    this.#createQueue = createQueue
  }

  get hasDeadlines(): boolean {
    return this.#onDue !== undefined
  }

  open(node: object, hooks: Hooks, options: QueueOptions): AnyQueue {
    const queue = this.#createQueue(hooks, options)
    this.#queues.set(node, queue)
    return queue
  }

  /** Throws if the node was started without the feature of this family. */
  submit(
    node: object,
    id: Id,
    actor: Actor,
    body: Body,
    idempotency: IdempotencyKey | undefined,
  ): Promise<Outcome<Reply, View>> {
    const queue = this.#queues.get(node)
    if (queue === undefined) throw new Error(`this node has no ${this.name}`)
    const command = { topic: this.topicOf(id), actor, body }
    return queue.submit(idempotency === undefined ? command : { ...command, idempotency })
  }

  passDeadline(node: object, topic: Topic): Promise<unknown> {
    if (this.#onDue === undefined) throw new Error(`${topic} has a deadline, and ${this.name} have none`)
    return this.submit(node, this.#onDue.idOf(topic), SYSTEM, this.#onDue.command, undefined)
  }
}

/** Defines a family of topics. A feature lists it, and callers dispatch commands to it. */
export function defineFamily<Id, Body, Reply extends object, State, Event, View>(
  options: FamilyOptions<Id, Body, Reply, State, Event, View>,
): Family<Id, Body, Reply, View> {
  return new Family(options, (hooks, queueOptions) =>
    createCommandQueue(options.aggregate(hooks), queueOptions),
  )
}
