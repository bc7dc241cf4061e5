import { Listeners } from '../kernel/listeners.ts'
import { type MemberList, NOTIFY_EVERY_MS } from './registry.ts'

/**
 * A channel with at least one watcher on this node. Watchers are notified at most every NOTIFY_EVERY_MS, however often the
 * channel changes, and concurrent callers share one read.
 */
export class WatchedChannel {
  readonly #read: () => Promise<MemberList>
  readonly #listeners: Listeners<() => void>
  #members: MemberList | undefined
  /** The members at the last notification. */
  #notified: MemberList | undefined
  /** Whether the members may have changed since they were read. */
  #isStale = true
  /** When the last read began, by a monotonic clock. */
  #readAt = Number.NEGATIVE_INFINITY
  #reading: Promise<MemberList> | undefined
  #next: Promise<MemberList> | undefined
  #timer: NodeJS.Timeout | undefined

  /** `read` must never reject. `onFault` receives the errors of listeners. */
  constructor(read: () => Promise<MemberList>, onFault: (fault: unknown) => void) {
    this.#read = read
    this.#listeners = new Listeners(onFault)
  }

  get isWatched(): boolean {
    return this.#listeners.size > 0
  }

  add(onChange: () => void): () => void {
    const own = (): void => onChange()
    this.#listeners.add(own)
    return () => {
      this.#listeners.remove(own)
      if (!this.isWatched) this.close()
    }
  }

  /** Call when the members may have changed. */
  invalidate(): void {
    this.#isStale = true
    this.#arm()
  }

  /** The members as known here, read again if they may have changed. The same reference until they do. */
  async members(): Promise<MemberList> {
    const isFresh = !this.#isStale && performance.now() - this.#readAt < NOTIFY_EVERY_MS
    const known = isFresh ? (this.#reading ?? this.#members) : undefined
    if (known !== undefined) return known
    const members = await this.#refresh()
    if (members !== this.#notified) this.#arm()
    return members
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #arm(): void {
    if (this.#timer !== undefined || !this.isWatched) return
    const delayMs = Math.max(0, this.#readAt + NOTIFY_EVERY_MS - performance.now())
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      void this.#refresh().then((members) => this.#notify(members))
    }, delayMs)
    this.#timer.unref()
  }

  #notify(members: MemberList): void {
    const before = this.#notified
    this.#notified = members
    if (before === undefined || isSame(before, members)) return
    this.#listeners.tell((listener) => listener())
  }

  /** Reads the members after this call. Callers that arrive before the read begins share it. */
  #refresh(): Promise<MemberList> {
    this.#next ??= this.#readNext()
    return this.#next
  }

  async #readNext(): Promise<MemberList> {
    await this.#reading
    this.#next = undefined
    this.#reading = this.#readOnce()
    return this.#reading
  }

  async #readOnce(): Promise<MemberList> {
    this.#isStale = false
    this.#readAt = performance.now()
    const read = await this.#read()
    this.#reading = undefined
    const members = this.#members !== undefined && isSame(this.#members, read) ? this.#members : read
    this.#members = members
    this.#notified ??= members
    return members
  }
}

function isSame(one: MemberList, other: MemberList): boolean {
  if (one.count !== other.count || one.metadata.size !== other.metadata.size) return false
  for (const [user, metadata] of one.metadata) {
    if (other.metadata.get(user)?.toSorted().join('\0') !== metadata.toSorted().join('\0')) return false
  }
  return true
}
