import type { GraphQLError } from 'graphql'
import type { Payload, Subscriber } from './delivery.ts'
import type { ListListener } from './list-feed.ts'
import { createRenderer, type Renderer } from './renderer.ts'
import type { ListItem, ListPlan } from './source.ts'
import type { StreamEvents } from './stream.ts'

interface Viewer {
  readonly subscriber: Subscriber
  /** Until then it has had every item of this period already: those it was shown when it came. */
  quietUntil: number
}

/** One item as a group of viewers has it. */
interface Row {
  item: ListItem
  /** The payload of `item`, made when the first viewer is due for it. */
  payload: Payload | undefined
  /** When the group was sent it last. */
  sentAt: number
  sentVersion: number
  /** Those who could not take it, or not yet. */
  readonly owed: Set<Viewer>
  /** Those who were shown `item` when they came, before the group. */
  readonly ahead: Set<Viewer>
  timer: NodeJS.Timeout | undefined
  isGone: boolean
}

/**
 * Shows the items of a list to all who selected the same of it: each item at most once a period and viewer, always in
 * its latest state, executed once a version.
 */
export class ListTicker implements ListListener {
  readonly #plan: ListPlan
  readonly #renderer: Renderer
  readonly #events: StreamEvents
  readonly #viewers = new Set<Viewer>()
  readonly #rows = new Map<string, Row>()
  /** One thing after another, so that no older state overtakes a newer one. */
  #working: Promise<void> = Promise.resolve()

  constructor(plan: ListPlan, selection: Subscriber['selection'], events: StreamEvents) {
    this.#plan = plan
    this.#renderer = createRenderer(selection, events)
    this.#events = events
  }

  get isEmpty(): boolean {
    return this.#viewers.size === 0
  }

  open(subscriber: Subscriber): () => void {
    const viewer: Viewer = { subscriber, quietUntil: 0 }
    this.#enqueue(async () => {
      const now = Date.now()
      const listed = [...this.#rows.values()].filter(({ isGone }) => !isGone)
      for (const row of listed) {
        const { item } = row
        this.#sendOrOwe(row, item, viewer, await this.#payloadOf(row, item), now)
        const isNews = row.item === item && row.sentVersion < item.version
        if (isNews && !row.owed.has(viewer)) row.ahead.add(viewer)
      }
      if (listed.length > 0) viewer.quietUntil = now + this.#plan.everyMs
      this.#viewers.add(viewer)
      for (const row of this.#rows.values()) this.#arm(row)
    })
    return () => {
      this.#viewers.delete(viewer)
      for (const { owed, ahead } of this.#rows.values()) {
        owed.delete(viewer)
        ahead.delete(viewer)
      }
    }
  }

  close(): void {
    for (const { timer } of this.#rows.values()) clearTimeout(timer)
    this.#rows.clear()
  }

  onItem(item: ListItem): void {
    const known = this.#rows.get(item.id)
    if (known !== undefined && item.version <= known.item.version) return
    const row: Row = known ?? {
      ...{ item, payload: undefined, sentAt: 0, sentVersion: -1 },
      ...{ owed: new Set<Viewer>(), ahead: new Set<Viewer>(), timer: undefined, isGone: false },
    }
    row.item = item
    row.payload = undefined
    row.ahead.clear()
    row.isGone = false
    this.#rows.set(item.id, row)
    this.#arm(row)
  }

  onGone(id: string): void {
    const row = this.#rows.get(id)
    if (row !== undefined) row.isGone = true
  }

  onFault(error: unknown): void {
    this.#end(this.#events.onFault(error))
  }

  #end(error: GraphQLError): void {
    for (const viewer of this.#viewers) viewer.subscriber.sink.end(error)
    this.#viewers.clear()
    this.close()
  }

  #enqueue(work: () => Promise<void>): void {
    this.#working = this.#working.then(work).catch((error: unknown) => this.#end(this.#events.onFault(error)))
  }

  /** Sees to it that the row is sent when its period is over, if there is anything to send. */
  #arm(row: Row): void {
    const isDue = row.sentVersion < row.item.version || row.owed.size > 0
    if (!isDue || row.timer !== undefined || this.isEmpty) return
    const delay = Math.max(0, row.sentAt + this.#plan.everyMs - Date.now())
    row.timer = setTimeout(() => {
      row.timer = undefined
      this.#enqueue(() => this.#send(row))
    }, delay)
  }

  async #send(row: Row): Promise<void> {
    // It may change while it is rendered: then the newer state is due a period later.
    const { item } = row
    const payload = await this.#payloadOf(row, item)
    const now = Date.now()
    const due = row.sentVersion < item.version ? this.#viewers.difference(row.ahead) : new Set(row.owed)
    row.owed.clear()
    if (row.item === item) row.ahead.clear()
    row.sentAt = now
    row.sentVersion = item.version
    for (const viewer of due) this.#sendOrOwe(row, item, viewer, payload, now)
    this.#arm(row)
    if (row.timer === undefined && row.isGone) this.#rows.delete(item.id)
  }

  #sendOrOwe(row: Row, item: ListItem, viewer: Viewer, payload: Payload, now: number): void {
    const { sink, viewer: who } = viewer.subscriber
    if (!this.#plan.includes(item, who)) return
    if (viewer.quietUntil > now || sink.isCongested()) {
      row.owed.add(viewer)
      return
    }
    sink.send(payload)
    this.#events.onDelivery(1)
  }

  async #payloadOf(row: Row, item: ListItem): Promise<Payload> {
    if (row.item === item && row.payload !== undefined) return row.payload
    const payload = await this.#renderer.renderOnce(item.value, null)
    if (row.item === item) row.payload = payload
    return payload
  }
}
