import { GraphQLError } from 'graphql'
import type { Entry } from '../history/entry.ts'
import { callEach } from '../kernel/listeners.ts'
import { UnreadableEntry } from '../kernel/unreadable-entry.ts'
import { isDatabaseUnavailable } from '../storage/faults.ts'
import type { Payload, Subscriber } from './delivery.ts'
import type { FeedListener } from './feed.ts'
import { createRenderer, type Renderer } from './renderer.ts'
import type { CurrentPlan, LatestPlan, PulsePlan } from './source.ts'
import type { StreamEvents } from './stream-events.ts'

interface Subscription {
  readonly subscriber: Subscriber
  /** The last version sent to it; −1 before the first. */
  sent: number
  /** The earliest time of its next payload, one per period, in milliseconds of the node's clock. */
  dueAt: number
}

/**
 * Sends each subscriber of one selection the latest state: at once, then at most once per period. Intermediate states are
 * dropped, never queued for a slow reader. A version is executed once for all subscribers, whenever they receive it.
 */
export class Ticker implements FeedListener {
  readonly #plan: LatestPlan | CurrentPlan | PulsePlan
  readonly #renderer: Renderer
  readonly #events: StreamEvents
  readonly #subscriptions = new Set<Subscription>()
  #latest: { readonly value: unknown; readonly offset: number } | undefined
  /** Whether a value without history may have changed since it was read. */
  #isStale = true
  #version = 0
  #rendered: { readonly version: number; readonly payload: Payload } | undefined
  #timer: NodeJS.Timeout | undefined
  /** Runs tasks one at a time, so that no older state overtakes a newer one. */
  #working: Promise<void> = Promise.resolve()

  constructor(
    plan: LatestPlan | CurrentPlan | PulsePlan,
    selection: Subscriber['selection'],
    events: StreamEvents,
  ) {
    this.#plan = plan
    this.#renderer = createRenderer(selection, events)
    this.#events = events
  }

  get isEmpty(): boolean {
    return this.#subscriptions.size === 0
  }

  get size(): number {
    return this.#subscriptions.size
  }

  open(subscriber: Subscriber): () => void {
    const subscription: Subscription = { subscriber, sent: -1, dueAt: 0 }
    this.#subscriptions.add(subscription)
    this.onChange()
    return () => {
      this.#subscriptions.delete(subscription)
      if (this.isEmpty) this.close()
    }
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  onEntries(entries: readonly Entry[]): void {
    const last = entries.at(-1)
    if (last === undefined || this.#plan.kind !== 'latest') return
    const { fromEntry } = this.#plan
    this.#enqueue(async () => {
      const value = await readable(last, fromEntry)
      if (value !== undefined) this.#keepLater({ value, offset: last.offset })
      await this.#tick()
    })
  }

  /** Call when the subject of the plan may have changed. */
  onChange(): void {
    this.#isStale = true
    this.#enqueue(() => this.#tick())
  }

  onDiscontinuity(): void {
    this.#enqueue(async () => {
      this.#latest = undefined
      await this.#tick()
    })
  }

  onFault(error: unknown): void {
    this.#end(error)
  }

  #enqueue(work: () => Promise<void>): void {
    this.#working = this.#working.then(work).catch((error: unknown) => this.#end(error))
  }

  /** Ends all subscribers. The known state may be older than the one that could not be read, so the next subscription reads it again. */
  #end(error: unknown): void {
    this.close()
    this.#latest = undefined
    this.#isStale = true
    const ended = [...this.#subscriptions]
    this.#subscriptions.clear()
    const shown = this.#shownFor(error)
    callEach(
      ended,
      ({ subscriber }) => subscriber.sink.end(shown),
      (fault) => void this.#events.onFault(fault),
    )
  }

  #shownFor(error: unknown): GraphQLError {
    return error instanceof GraphQLError ? error : this.#events.onFault(error)
  }

  /** An entry may arrive during the database read, or the read may already include entries that are still on the bus. */
  #keepLater(state: { readonly value: unknown; readonly offset: number }): void {
    if (this.#latest !== undefined && state.offset <= this.#latest.offset) return
    this.#latest = state
    this.#version += 1
  }

  /** Sends to subscribers that are due and arms the timer for the others. */
  async #tick(): Promise<void> {
    await this.#look()
    const now = Date.now()
    const due = [...this.#subscriptions].filter(
      (subscription) => subscription.dueAt <= now && this.#isOwed(subscription),
    )
    if (due.length > 0) {
      const payload = await this.#payload()
      callEach(
        due,
        (subscription) => this.#send(subscription, payload, now),
        (error, subscription) => {
          this.#subscriptions.delete(subscription)
          subscription.subscriber.sink.end(this.#shownFor(error))
        },
      )
    }
    this.#arm()
  }

  /** Reads the state, unless a later entry carried it. */
  async #look(): Promise<void> {
    if (this.#plan.kind === 'latest' && this.#latest === undefined) this.#keepLater(await this.#plan.read())
    if (this.#plan.kind !== 'current' || !this.#isStale) return
    this.#isStale = false
    const value = await this.#plan.subject.read()
    if (value !== this.#latest?.value) this.#keepLater({ value, offset: this.#version + 1 })
  }

  /** A pulse always has a next beat to send, a state only after a change. */
  #isOwed(subscription: Subscription): boolean {
    return this.#plan.kind === 'pulse' || subscription.sent < this.#version
  }

  async #payload(): Promise<Payload> {
    if (this.#plan.kind === 'pulse') return this.#renderer.renderOnce(this.#plan.value(), null)
    if (this.#rendered?.version !== this.#version) {
      const version = this.#version
      this.#rendered = { version, payload: await this.#renderer.renderOnce(this.#latest?.value, null) }
    }
    return this.#rendered.payload
  }

  #send(subscription: Subscription, payload: Payload, now: number): void {
    if (!this.#subscriptions.has(subscription)) return
    subscription.dueAt = this.#nextDue(now)
    // It receives the latest state once it is no longer congested; skipped states are never queued.
    if (subscription.subscriber.sink.isCongested()) return
    subscription.subscriber.sink.send(payload)
    subscription.sent = this.#version
    this.#events.onDelivery(1)
  }

  /** Pulses are aligned, so that a beat is executed once for all. The first interval of a newcomer may therefore be longer. */
  #nextDue(now: number): number {
    const { kind, everyMs } = this.#plan
    return kind === 'pulse' ? Math.ceil((now + everyMs) / everyMs) * everyMs : now + everyMs
  }

  #arm(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    let next = Number.POSITIVE_INFINITY
    for (const subscription of this.#subscriptions)
      if (this.#isOwed(subscription)) next = Math.min(next, subscription.dueAt)
    if (next === Number.POSITIVE_INFINITY) return
    // Node's timers may fire a millisecond early.
    this.#timer = setTimeout(() => this.#enqueue(() => this.#tick()), Math.max(1, next - Date.now() + 1))
  }
}

async function readable<Value>(entry: Entry, read: (entry: Entry) => Value): Promise<Awaited<Value>> {
  try {
    return await read(entry)
  } catch (error) {
    throw isDatabaseUnavailable(error) ? error : new UnreadableEntry(entry.topic, entry.offset, error)
  }
}
