import type { Bus, Unsubscribe } from '../../pubsub/bus.ts'
import { asTopic } from '../kernel/topic.ts'
import { type Roll, TELL_EVERY_MS } from './registry.ts'
import type { Place } from './scope.ts'
import { Followed } from './watched-scopes.ts'

/** A little more than the time within which Redis tells once that a place changes. */
const LOOK_AGAIN_MS = TELL_EVERY_MS + 50

/** A place that is followed here, and may be changed by any node: the bus brings word of it. */
export class FollowedByBus extends Followed {
  readonly #place: Place
  readonly #bus: Bus
  #unsubscribe: Unsubscribe | undefined
  #isListening = false
  #again: NodeJS.Timeout | undefined

  constructor(place: Place, bus: Bus, read: () => Promise<Roll>, onFault: (fault: unknown) => void) {
    super(read, onFault)
    this.#place = place
    this.#bus = bus
  }

  /** Hears of changes, as soon as the bus can be had, and looks at what was not heard: called again until it can. */
  async listen(): Promise<void> {
    if (this.#unsubscribe === undefined && !this.#isListening) {
      this.#isListening = true
      try {
        const unsubscribe = await this.#bus.subscribe(asTopic(this.#place), () => this.#hear())
        if (this.isFollowed) this.#unsubscribe = unsubscribe
        else unsubscribe()
      } catch {
        // The bus is away: it is asked again when it is back.
      } finally {
        this.#isListening = false
      }
    }
    this.#hear()
  }

  override close(): void {
    super.close()
    clearTimeout(this.#again)
    this.#unsubscribe?.()
    this.#unsubscribe = undefined
  }

  /** What changes soon after it was told is not told again: so there is another look after that. */
  #hear(): void {
    if (!this.isFollowed) return
    this.touch()
    clearTimeout(this.#again)
    this.#again = setTimeout(() => this.touch(), LOOK_AGAIN_MS).unref()
  }
}
