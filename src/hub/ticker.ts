import { GraphQLError } from 'graphql'
import type { Entry } from '../log/entry.ts'
import type { Subscriber } from './delivery.ts'
import type { FeedListener } from './feed.ts'
import { createRenderer, type Renderer } from './renderer.ts'
import type { LatestPlan, PulsePlan } from './source.ts'
import type { StreamEvents } from './stream.ts'

interface Viewer {
  readonly subscriber: Subscriber
  /** Its sink was congested when the last state went out: it gets the latest as soon as it can take it. */
  isBehind: boolean
}

/**
 * Sends each subscriber of one selection the latest state: at once, then at most once a period. What lies between
 * two periods is never sent, and never queued for a slow reader.
 */
export class Ticker implements FeedListener {
  readonly #plan: LatestPlan | PulsePlan
  readonly #renderer: Renderer
  readonly #events: StreamEvents
  readonly #viewers = new Set<Viewer>()
  #latest: { readonly value: unknown; readonly offset: number } | undefined
  #isDirty = false
  #lastSentAt = 0
  #timer: NodeJS.Timeout | undefined
  #working: Promise<void> = Promise.resolve()

  constructor(plan: LatestPlan | PulsePlan, selection: Subscriber['selection'], events: StreamEvents) {
    this.#plan = plan
    this.#renderer = createRenderer(selection, events)
    this.#events = events
    if (plan.kind === 'pulse') this.#arm(plan.everyMs)
  }

  get isEmpty(): boolean {
    return this.#viewers.size === 0
  }

  open(subscriber: Subscriber): () => void {
    const viewer: Viewer = { subscriber, isBehind: false }
    this.#sendFirst(viewer).catch((error: unknown) => {
      this.#viewers.delete(viewer)
      subscriber.sink.end(error instanceof GraphQLError ? error : this.#events.onFault(error))
    })
    this.#viewers.add(viewer)
    return () => {
      this.#viewers.delete(viewer)
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
    this.#working = this.#working
      .then(async () => {
        const value = await fromEntry(last)
        if (value !== undefined && this.#keepLater({ value, offset: last.offset })) this.#markDirty()
      })
      .catch((error: unknown) => void this.#events.onFault(error))
  }

  onDiscontinuity(): void {
    if (this.#plan.kind !== 'latest') return
    const { read } = this.#plan
    this.#working = this.#working
      .then(async () => {
        this.#latest = await read()
        this.#markDirty()
      })
      .catch((error: unknown) => void this.#events.onFault(error))
  }

  async #sendFirst(viewer: Viewer): Promise<void> {
    const value = await this.#current()
    const payload = await this.#renderer.renderOnce(value, null)
    if (!this.#viewers.has(viewer)) return
    viewer.subscriber.sink.send(payload)
    this.#events.onDelivery(1)
  }

  async #current(): Promise<unknown> {
    if (this.#plan.kind === 'pulse') return this.#plan.value()
    if (this.#latest === undefined) this.#keepLater(await this.#plan.read())
    return this.#latest?.value
  }

  /** An entry may come while the record is read, or the read may include what is still on the bus. */
  #keepLater(state: { readonly value: unknown; readonly offset: number }): boolean {
    if (this.#latest !== undefined && state.offset <= this.#latest.offset) return false
    this.#latest = state
    return true
  }

  #markDirty(): void {
    this.#isDirty = true
    const due = this.#lastSentAt + this.#plan.everyMs - Date.now()
    if (due <= 0) this.#tick()
    else if (this.#timer === undefined) this.#arm(due)
  }

  #arm(delayMs: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      if (this.#plan.kind === 'pulse') this.#arm(this.#plan.everyMs)
      this.#tick()
    }, delayMs)
  }

  #tick(): void {
    if (this.isEmpty) return
    const isNews = this.#isDirty || this.#plan.kind === 'pulse'
    this.#isDirty = false
    this.#lastSentAt = Date.now()
    this.#working = this.#working
      .then(async () => {
        const payload = await this.#renderer.renderOnce(await this.#current(), null)
        for (const viewer of this.#viewers) {
          if (!isNews && !viewer.isBehind) continue
          viewer.isBehind = viewer.subscriber.sink.isCongested()
          if (!viewer.isBehind) {
            viewer.subscriber.sink.send(payload)
            this.#events.onDelivery(1)
          } else if (this.#timer === undefined) this.#arm(this.#plan.everyMs)
        }
      })
      .catch((error: unknown) => void this.#events.onFault(error))
  }
}
