import type { Bus, Unsubscribe } from '../../pubsub/bus.ts'
import { asTopic } from '../kernel/topic.ts'
import type { Channel } from './channels.ts'
import { type MemberList, NOTIFY_EVERY_MS } from './registry.ts'
import { WatchedChannel } from './watched-channels.ts'

/** Slightly longer than the interval within which Redis publishes at most one change of a channel. */
const READ_AGAIN_MS = NOTIFY_EVERY_MS + 50

/** A channel that is watched here and may change on any node; the bus announces the changes. */
export class BusWatchedChannel extends WatchedChannel {
  readonly #channel: Channel
  readonly #bus: Bus
  #unsubscribe: Unsubscribe | undefined
  #isListening = false
  #again: NodeJS.Timeout | undefined

  constructor(
    channel: Channel,
    bus: Bus,
    read: () => Promise<MemberList>,
    onFault: (fault: unknown) => void,
  ) {
    super(read, onFault)
    this.#channel = channel
    this.#bus = bus
  }

  /** Subscribes to changes and reads what was missed. Call again whenever the bus recovers. */
  async listen(): Promise<void> {
    if (this.#unsubscribe === undefined && !this.#isListening) {
      this.#isListening = true
      try {
        const unsubscribe = await this.#bus.subscribe(asTopic(this.#channel), () => this.#onBusMessage())
        if (this.isWatched) this.#unsubscribe = unsubscribe
        else unsubscribe()
      } catch {
        // The bus is unavailable: its recovery calls `listen` again.
      } finally {
        this.#isListening = false
      }
    }
    this.#onBusMessage()
  }

  override close(): void {
    super.close()
    clearTimeout(this.#again)
    this.#unsubscribe?.()
    this.#unsubscribe = undefined
  }

  /** Redis does not publish changes that closely follow a published one, so a second read comes after the interval. */
  #onBusMessage(): void {
    if (!this.isWatched) return
    this.invalidate()
    clearTimeout(this.#again)
    this.#again = setTimeout(() => this.invalidate(), READ_AGAIN_MS).unref()
  }
}
