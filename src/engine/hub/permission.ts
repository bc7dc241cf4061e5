import { GraphQLError } from 'graphql'
import type { Viewer } from '../../platform/auth/viewer.ts'
import type { Entry } from '../history/entry.ts'
import type { Subscriber } from './delivery.ts'
import type { FeedListener } from './feed.ts'
import type { Gate } from './gate.ts'
import type { Guard } from './source.ts'
import type { LiveTopic } from './topics.ts'

/** A question that failed, because the database is away say, is asked again after this. */
const ASK_AGAIN_MS = 1_000

export interface PermissionWatchOptions {
  readonly guard: Guard
  /** The topic of the guard. */
  readonly live: Pick<LiveTopic, 'feed' | 'started'>
  readonly gate: Gate
  /** The reader is no longer allowed. */
  readonly onLost: () => void
  readonly onFault: (error: unknown) => void
}

/**
 * Asks again whether a reader may read, whenever that may have changed. Nothing passes the gate meanwhile: it may have been
 * written when the permission was gone.
 */
export class PermissionWatch implements FeedListener {
  readonly #options: PermissionWatchOptions
  /** Only the answer to the last question opens the gate. */
  #questions = 0
  #retry: NodeJS.Timeout | undefined
  readonly #unwatchRights: (() => void) | undefined

  constructor(options: PermissionWatchOptions) {
    this.#options = options
    // From the first moment: rights may change before the feed has started.
    this.#unwatchRights = options.guard.watchRights?.(this.#ask)
  }

  /** Resolves when the guard's topic is heard, with what ends the watch. */
  async start(): Promise<() => void> {
    const { guard, live, gate } = this.#options
    try {
      await live.started
    } catch (error) {
      this.#stop()
      throw error
    }
    live.feed.add(this)
    // The permission may be gone since the first question: then the feed has said so, or will say it.
    if (this.#questions === 0 && live.feed.quietSince < guard.askedAt) gate.open()
    else this.#ask()
    return () => {
      this.#stop()
      live.feed.remove(this)
    }
  }

  onEntries(entries: readonly Entry[]): void {
    const { guard } = this.#options
    if (entries.some((entry) => guard.concerns(entry))) this.#ask()
  }

  onDiscontinuity(): void {
    this.#ask()
  }

  /** An entry that the guard can't read may have taken the permission away. */
  onFault(): void {
    this.#ask()
  }

  readonly #ask = (): void => {
    const { gate, onLost, onFault } = this.#options
    this.#questions += 1
    const question = this.#questions
    clearTimeout(this.#retry)
    gate.shut()
    this.#isAllowed().then(
      (isAllowed) => {
        if (!isAllowed) onLost()
        else if (question === this.#questions) gate.open()
      },
      (error: unknown) => {
        onFault(error)
        if (question === this.#questions) this.#retry = setTimeout(this.#ask, ASK_AGAIN_MS).unref()
      },
    )
  }

  /** Rejects also where the guard throws. */
  #isAllowed(): Promise<boolean> {
    try {
      return this.#options.guard.isAllowed()
    } catch (error) {
      return Promise.reject(error)
    }
  }

  #stop(): void {
    this.#questions += 1
    clearTimeout(this.#retry)
    this.#unwatchRights?.()
  }
}

/** A subscriber whose payloads pass a gate. Its viewer stays the live one of the subscriber behind it. */
export class GatedSubscriber implements Subscriber {
  readonly sink: Gate
  readonly #subscriber: Subscriber

  constructor(subscriber: Subscriber, sink: Gate) {
    this.#subscriber = subscriber
    this.sink = sink
  }

  get selection(): Subscriber['selection'] {
    return this.#subscriber.selection
  }

  get viewer(): Viewer | null {
    return this.#subscriber.viewer
  }
}

export function noLongerAllowed(): GraphQLError {
  return new GraphQLError('You no longer have access.', { extensions: { code: 'FORBIDDEN' } })
}

/** Too many payloads wait for the answer of a permission check. */
export function tooMuchWaits(): GraphQLError {
  return new GraphQLError('The server cannot keep up with this subscription. Subscribe again.', {
    extensions: { code: 'UNAVAILABLE' },
  })
}
