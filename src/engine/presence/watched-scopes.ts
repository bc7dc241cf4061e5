import { Listeners } from '../kernel/listeners.ts'
import { type Roll, TELL_EVERY_MS } from './registry.ts'

/**
 * A place that somebody on this node follows. However often it changes, those who follow it are told at most every
 * TELL_EVERY_MS, and one reading serves all who ask.
 */
export class Followed {
  readonly #read: () => Promise<Roll>
  readonly #listeners: Listeners<() => void>
  #roll: Roll | undefined
  /** What it was when the listeners were told last. */
  #told: Roll | undefined
  /** It may have changed since it was read. */
  #isTouched = true
  /** When the last reading began, by a clock that is never set. */
  #readAt = Number.NEGATIVE_INFINITY
  #reading: Promise<Roll> | undefined
  #next: Promise<Roll> | undefined
  #timer: NodeJS.Timeout | undefined

  /** `read` never rejects. `onFault` gets what a listener throws. */
  constructor(read: () => Promise<Roll>, onFault: (fault: unknown) => void) {
    this.#read = read
    this.#listeners = new Listeners(onFault)
  }

  get isFollowed(): boolean {
    return this.#listeners.size > 0
  }

  add(onChange: () => void): () => void {
    const own = (): void => onChange()
    this.#listeners.add(own)
    return () => {
      this.#listeners.remove(own)
      if (!this.isFollowed) this.close()
    }
  }

  /** It may have changed. */
  touch(): void {
    this.#isTouched = true
    this.#arm()
  }

  /** As it is, as far as is known here; read anew where it may have changed. The same object while it is the same. */
  async roll(): Promise<Roll> {
    const isFresh = !this.#isTouched && performance.now() - this.#readAt < TELL_EVERY_MS
    const known = isFresh ? (this.#reading ?? this.#roll) : undefined
    if (known !== undefined) return known
    const roll = await this.#refresh()
    if (roll !== this.#told) this.#arm()
    return roll
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #arm(): void {
    if (this.#timer !== undefined || !this.isFollowed) return
    const delayMs = Math.max(0, this.#readAt + TELL_EVERY_MS - performance.now())
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      void this.#refresh().then((roll) => this.#tell(roll))
    }, delayMs)
    this.#timer.unref()
  }

  #tell(roll: Roll): void {
    const before = this.#told
    this.#told = roll
    if (before === undefined || isSame(before, roll)) return
    this.#listeners.tell((listener) => listener())
  }

  /** The place as it is after this call: one reading for all who ask before it begins. */
  #refresh(): Promise<Roll> {
    this.#next ??= this.#readNext()
    return this.#next
  }

  async #readNext(): Promise<Roll> {
    await this.#reading
    this.#next = undefined
    this.#reading = this.#readOnce()
    return this.#reading
  }

  async #readOnce(): Promise<Roll> {
    this.#isTouched = false
    this.#readAt = performance.now()
    const read = await this.#read()
    this.#reading = undefined
    const roll = this.#roll !== undefined && isSame(this.#roll, read) ? this.#roll : read
    this.#roll = roll
    this.#told ??= roll
    return roll
  }
}

function isSame(one: Roll, other: Roll): boolean {
  if (one.count !== other.count || one.tags.size !== other.tags.size) return false
  for (const [user, tags] of one.tags) {
    if (other.tags.get(user)?.toSorted().join('\0') !== tags.toSorted().join('\0')) return false
  }
  return true
}
