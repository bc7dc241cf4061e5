import { GraphQLError } from 'graphql'
import { callEach } from '../kernel/listeners.ts'
import type { Payload, Subscriber } from './delivery.ts'
import type { ListListener } from './list-feed.ts'
import { createRenderer, type Renderer } from './renderer.ts'
import type { ListItem, ListPlan } from './source.ts'
import type { StreamEvents } from './stream-events.ts'

interface Subscription {
  readonly subscriber: Subscriber
  /** The items to send as soon as its connection accepts them; initially the whole list. */
  readonly behind: Set<Row>
  /** No item is sent again until one period after the whole list was sent. */
  quietUntil: number
  isCatchingUp: boolean
}

/** The state of one item for a group of subscriptions. */
interface Row {
  item: ListItem
  /** The payload of `item`, rendered when it is first due for a subscription. */
  payload: Payload | Promise<Payload> | undefined
  /** When it was last sent to the group; 0 before the first time. */
  sentAt: number
  sentVersion: number
  /** Subscriptions for which it was too early to send it with the group. */
  readonly owed: Set<Subscription>
  /** Subscriptions that received `item` before the group. */
  readonly ahead: Set<Subscription>
  timer: NodeJS.Timeout | undefined
  isGone: boolean
}

/** A read finds many changes at once. Sending them to many subscriptions yields to other work this often. */
const SLICE_MS = 5

/**
 * Sends the items of a list to all subscriptions with an equal selection: each item at most once per period and subscription, in
 * its latest state, executed once per version. A new subscriber receives the list as fast as its connection accepts it, and so does
 * a subscriber that was congested when the others received an item, however many items change at once.
 */
export class ListTicker implements ListListener {
  readonly #plan: ListPlan
  readonly #renderer: Renderer
  readonly #events: StreamEvents
  readonly #subscriptions = new Set<Subscription>()
  readonly #rows = new Map<string, Row>()
  /** Rows whose period has passed, to be sent in this or the next event-loop ticks. */
  #due: Row[] = []

  constructor(plan: ListPlan, selection: Subscriber['selection'], events: StreamEvents) {
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
    const behind = new Set([...this.#rows.values()].filter(({ isGone }) => !isGone))
    const quietUntil = behind.size === 0 ? 0 : Number.POSITIVE_INFINITY
    const subscription: Subscription = { subscriber, behind, quietUntil, isCatchingUp: false }
    this.#subscriptions.add(subscription)
    this.#catchUp(subscription)
    for (const row of this.#rows.values()) this.#arm(row)
    return () => {
      this.#subscriptions.delete(subscription)
      behind.clear()
      for (const { owed, ahead } of this.#rows.values()) {
        owed.delete(subscription)
        ahead.delete(subscription)
      }
    }
  }

  close(): void {
    for (const { timer } of this.#rows.values()) clearTimeout(timer)
    this.#rows.clear()
    this.#due = []
  }

  onItem(item: ListItem): void {
    const row = this.#rows.get(item.id)
    if (row === undefined) {
      if (!this.#plan.lists(item)) return
      const made: Row = {
        ...{ item, payload: undefined, sentAt: 0, sentVersion: -1, timer: undefined, isGone: false },
        ...{ owed: new Set(), ahead: new Set() },
      }
      this.#rows.set(item.id, made)
      this.#arm(made)
    } else if (item.version > row.item.version) {
      row.item = item
      row.payload = undefined
      row.ahead.clear()
      row.isGone = false
      this.#arm(row)
    } else if (item.version === row.item.version) this.#admit(row, item)
  }

  onFault(error: unknown): void {
    this.#end(error)
  }

  onGone(id: string): void {
    const row = this.#rows.get(id)
    if (row === undefined) return
    row.isGone = true
    this.#forgetGone(row)
  }

  /** Only the audience of the item has changed: it is new to some. */
  #admit(row: Row, item: ListItem): void {
    const before = row.item
    row.item = item
    for (const subscription of this.#subscriptions) {
      if (!this.#sees(subscription, before) && this.#sees(subscription, item)) this.#hurry(row, subscription)
    }
  }

  /** Schedules the row for the end of its period, if it has anything to send. */
  #arm(row: Row): void {
    if (!this.#isDue(row) || row.timer !== undefined || this.isEmpty) return
    const delay = Math.max(0, row.sentAt + this.#plan.everyMs - Date.now())
    row.timer = setTimeout(() => {
      if (this.#due.length === 0) setImmediate(this.#tickDue)
      this.#due.push(row)
    }, delay)
  }

  readonly #tickDue = (): void => {
    const end = Date.now() + SLICE_MS
    const due = this.#due
    let ticked = 0
    for (const row of due) {
      if (ticked > 0 && Date.now() >= end) break
      callEach([row], (one) => this.#tick(one), this.#end)
      ticked += 1
    }
    // A fault that ended the subscriptions has dropped all rows.
    if (this.#due === due) this.#due = due.slice(ticked)
    if (this.#due.length > 0) setImmediate(this.#tickDue)
  }

  #isDue(row: Row): boolean {
    return row.sentVersion < row.item.version || row.owed.size > 0
  }

  #tick(row: Row): void {
    const due = this.#dueFor(row)
    if (due.length > 0) {
      const payload = this.#payloadOf(row)
      if (payload instanceof Promise) {
        // It may have changed meanwhile; then the new state is rendered first.
        payload.then(() => this.#tick(row), this.#end)
        return
      }
      row.owed.clear()
      this.#send(row, payload, due)
    } else row.owed.clear()
    row.timer = undefined
    row.sentAt = Date.now()
    row.sentVersion = row.item.version
    row.ahead.clear()
    this.#arm(row)
    this.#forgetGone(row)
  }

  /** Subscriptions that receive the row with the group and are not about to receive it anyway. */
  #dueFor(row: Row): readonly Subscription[] {
    const isNews = row.sentVersion < row.item.version
    return [...(isNews ? this.#subscriptions : row.owed)].filter(
      (subscription) =>
        !row.ahead.has(subscription) && !subscription.behind.has(row) && this.#sees(subscription, row.item),
    )
  }

  #send(row: Row, payload: Payload, due: readonly Subscription[]): void {
    const now = Date.now()
    let sent = 0
    const send = (subscription: Subscription): void => {
      const { sink } = subscription.subscriber
      if (subscription.quietUntil > now && row.sentAt > 0) row.owed.add(subscription)
      else if (subscription.behind.size > 0 || sink.isCongested()) this.#hurry(row, subscription)
      else {
        sink.send(payload)
        sent += 1
      }
    }
    callEach(due, send, (error, subscription) => this.#endOne(subscription, error))
    this.#events.onDelivery(sent)
  }

  /** Sends it to the subscription as soon as the connection accepts it. */
  #hurry(row: Row, subscription: Subscription): void {
    subscription.behind.add(row)
    this.#catchUp(subscription)
  }

  #catchUp(subscription: Subscription): void {
    if (subscription.isCatchingUp) return
    subscription.isCatchingUp = true
    this.#sendBehind(subscription).catch((error: unknown) => this.#endOne(subscription, error))
  }

  async #sendBehind(subscription: Subscription): Promise<void> {
    const { behind, subscriber } = subscription
    const { sink } = subscriber
    while (behind.size > 0) {
      await sink.drained()
      for (const row of behind) {
        if (sink.isCongested()) break
        const { item } = row
        if (this.#sees(subscription, item)) {
          const made = this.#payloadOf(row)
          const payload = made instanceof Promise ? await made : made
          // If the item changed meanwhile, the next round sends it. If the subscriber left, nothing is sent.
          if (row.item !== item || !behind.has(row)) continue
          if (row.sentVersion < item.version) row.ahead.add(subscription)
          sink.send(payload)
          this.#events.onDelivery(1)
        }
        row.owed.delete(subscription)
        behind.delete(row)
      }
    }
    subscription.isCatchingUp = false
    if (subscription.quietUntil === Number.POSITIVE_INFINITY)
      subscription.quietUntil = Date.now() + this.#plan.everyMs
  }

  /** A subscription whose check throws sees nothing and is ended. */
  #sees(subscription: Subscription, item: ListItem): boolean {
    let sees = false
    callEach(
      [subscription],
      ({ subscriber }) => {
        sees = this.#plan.sees(item, subscriber.viewer)
      },
      (error) => this.#endOne(subscription, error),
    )
    return sees
  }

  #payloadOf(row: Row): Payload | Promise<Payload> {
    if (row.payload !== undefined) return row.payload
    const made = this.#renderer.renderOnce(row.item.value, null)
    row.payload = made
    if (made instanceof Promise) {
      made.then(
        (payload) => {
          if (row.payload === made) row.payload = payload
        },
        () => {},
      )
    }
    return made
  }

  #forgetGone(row: Row): void {
    if (row.isGone && row.timer === undefined && !this.#isDue(row)) this.#rows.delete(row.item.id)
  }

  /** Ends all subscriptions because none can be served any longer. */
  readonly #end = (fault: unknown): void => {
    const ended = [...this.#subscriptions]
    this.#subscriptions.clear()
    this.close()
    const shown = this.#shownFor(fault)
    callEach(
      ended,
      (subscription) => this.#endWith(subscription, shown),
      (error) => void this.#events.onFault(error),
    )
  }

  #endOne(subscription: Subscription, fault: unknown): void {
    if (this.#subscriptions.delete(subscription)) this.#endWith(subscription, this.#shownFor(fault))
  }

  #endWith({ behind, subscriber }: Subscription, shown: GraphQLError): void {
    behind.clear()
    subscriber.sink.end(shown)
  }

  #shownFor(fault: unknown): GraphQLError {
    return fault instanceof GraphQLError ? fault : this.#events.onFault(fault)
  }
}
