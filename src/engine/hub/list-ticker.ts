import { GraphQLError } from 'graphql'
import { callEach } from '../kernel/listeners.ts'
import type { Payload, Subscriber } from './delivery.ts'
import type { ListListener } from './list-feed.ts'
import { createRenderer, type Renderer } from './renderer.ts'
import type { ListItem, ListPlan } from './source.ts'
import type { StreamEvents } from './stream.ts'

interface Viewer {
  readonly subscriber: Subscriber
  /** What it is to get as soon as its connection takes it: at first the whole list. */
  readonly behind: Set<Row>
  /** Until a period after it got the whole list, nothing of that comes again. */
  quietUntil: number
  isCatchingUp: boolean
}

/** One item as a group of viewers has it. */
interface Row {
  item: ListItem
  /** What `item` is as a payload, made when the first viewer is due for it. */
  payload: Payload | Promise<Payload> | undefined
  /** When the group was sent it last; 0 before the first time. */
  sentAt: number
  sentVersion: number
  /** Those to whom it was too early to send it with the group. */
  readonly owed: Set<Viewer>
  /** Those who were sent `item` before the group. */
  readonly ahead: Set<Viewer>
  timer: NodeJS.Timeout | undefined
  isGone: boolean
}

/** A look finds many changes at once: sending them to many viewers gives way to others this often. */
const SLICE_MS = 5

/**
 * Shows the items of a list to all who selected the same of it: each item at most once a period and viewer, always in
 * its latest state, executed once a version. Whoever comes gets the list as fast as the connection takes it, and so does
 * whoever could not take an item with the others, however many change at once.
 */
export class ListTicker implements ListListener {
  readonly #plan: ListPlan
  readonly #renderer: Renderer
  readonly #events: StreamEvents
  readonly #viewers = new Set<Viewer>()
  readonly #rows = new Map<string, Row>()
  /** Rows whose period is over, to be sent in this or the next turns of the event loop. */
  #due: Row[] = []

  constructor(plan: ListPlan, selection: Subscriber['selection'], events: StreamEvents) {
    this.#plan = plan
    this.#renderer = createRenderer(selection, events)
    this.#events = events
  }

  get isEmpty(): boolean {
    return this.#viewers.size === 0
  }

  get size(): number {
    return this.#viewers.size
  }

  open(subscriber: Subscriber): () => void {
    const behind = new Set([...this.#rows.values()].filter(({ isGone }) => !isGone))
    const quietUntil = behind.size === 0 ? 0 : Number.POSITIVE_INFINITY
    const viewer: Viewer = { subscriber, behind, quietUntil, isCatchingUp: false }
    this.#viewers.add(viewer)
    this.#catchUp(viewer)
    for (const row of this.#rows.values()) this.#arm(row)
    return () => {
      this.#viewers.delete(viewer)
      behind.clear()
      for (const { owed, ahead } of this.#rows.values()) {
        owed.delete(viewer)
        ahead.delete(viewer)
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

  /** Who may see it has changed and nothing else: to some it is new. */
  #admit(row: Row, item: ListItem): void {
    const before = row.item
    row.item = item
    for (const viewer of this.#viewers) {
      if (!this.#sees(viewer, before) && this.#sees(viewer, item)) this.#hurry(row, viewer)
    }
  }

  /** Sees to it that the row is sent when its period is over, if there is anything to send. */
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
    // All of them were dropped where a fault ended the viewers.
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
        // It may have changed meanwhile: then that is rendered first.
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

  /** Who is to get the row with the group, and is not about to get it anyway. */
  #dueFor(row: Row): readonly Viewer[] {
    const isNews = row.sentVersion < row.item.version
    return [...(isNews ? this.#viewers : row.owed)].filter(
      (viewer) => !row.ahead.has(viewer) && !viewer.behind.has(row) && this.#sees(viewer, row.item),
    )
  }

  #send(row: Row, payload: Payload, due: readonly Viewer[]): void {
    const now = Date.now()
    let sent = 0
    const send = (viewer: Viewer): void => {
      const { sink } = viewer.subscriber
      if (viewer.quietUntil > now && row.sentAt > 0) row.owed.add(viewer)
      else if (viewer.behind.size > 0 || sink.isCongested()) this.#hurry(row, viewer)
      else {
        sink.send(payload)
        sent += 1
      }
    }
    callEach(due, send, (error, viewer) => this.#endOne(viewer, error))
    this.#events.onDelivery(sent)
  }

  /** The viewer gets it as soon as the connection takes it. */
  #hurry(row: Row, viewer: Viewer): void {
    viewer.behind.add(row)
    this.#catchUp(viewer)
  }

  #catchUp(viewer: Viewer): void {
    if (viewer.isCatchingUp) return
    viewer.isCatchingUp = true
    this.#sendBehind(viewer).catch((error: unknown) => this.#endOne(viewer, error))
  }

  async #sendBehind(viewer: Viewer): Promise<void> {
    const { behind, subscriber } = viewer
    const { sink } = subscriber
    while (behind.size > 0) {
      await sink.drained()
      for (const row of behind) {
        if (sink.isCongested()) break
        const { item } = row
        if (this.#sees(viewer, item)) {
          const made = this.#payloadOf(row)
          const payload = made instanceof Promise ? await made : made
          // Where it changed meanwhile, the next round sees to it; where the viewer left, nobody.
          if (row.item !== item || !behind.has(row)) continue
          if (row.sentVersion < item.version) row.ahead.add(viewer)
          sink.send(payload)
          this.#events.onDelivery(1)
        }
        row.owed.delete(viewer)
        behind.delete(row)
      }
    }
    viewer.isCatchingUp = false
    if (viewer.quietUntil === Number.POSITIVE_INFINITY) viewer.quietUntil = Date.now() + this.#plan.everyMs
  }

  /** A viewer for whom that can't be told sees nothing, and is ended. */
  #sees(viewer: Viewer, item: ListItem): boolean {
    let sees = false
    callEach(
      [viewer],
      ({ subscriber }) => {
        sees = this.#plan.sees(item, subscriber.viewer)
      },
      (error) => this.#endOne(viewer, error),
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

  /** Nobody can be served on. */
  readonly #end = (fault: unknown): void => {
    const ended = [...this.#viewers]
    this.#viewers.clear()
    this.close()
    const shown = this.#shownFor(fault)
    callEach(
      ended,
      (viewer) => this.#endWith(viewer, shown),
      (error) => void this.#events.onFault(error),
    )
  }

  #endOne(viewer: Viewer, fault: unknown): void {
    if (this.#viewers.delete(viewer)) this.#endWith(viewer, this.#shownFor(fault))
  }

  #endWith({ behind, subscriber }: Viewer, shown: GraphQLError): void {
    behind.clear()
    subscriber.sink.end(shown)
  }

  #shownFor(fault: unknown): GraphQLError {
    return fault instanceof GraphQLError ? fault : this.#events.onFault(fault)
  }
}
