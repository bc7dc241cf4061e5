import { GraphQLError } from 'graphql'
import type { Viewer } from '../../platform/auth/viewer.ts'
import type { Entry } from '../history/entry.ts'
import type { Subscriber } from './delivery.ts'
import type { FeedListener } from './feed.ts'
import type { Gate } from './gate.ts'
import type { Guard } from './source.ts'
import type { LiveTopic } from './topics.ts'

/** Delay before retrying a failed check, for example while the database is unavailable. */
const ASK_AGAIN_MS = 1_000

export interface PermissionWatchOptions {
  readonly guard: Guard
  /** The topic of the guard. */
  readonly live: Pick<LiveTopic, 'feed' | 'started'>
  readonly gate: Gate
  /** Called when the reader has lost access. */
  readonly onLost: () => void
  readonly onFault: (error: unknown) => void
}

/**
 * Checks a reader's permission again whenever it may have changed. Nothing passes the gate meanwhile, because it may have been
 * written after the permission was lost.
 */
export class PermissionWatch implements FeedListener {
  readonly #options: PermissionWatchOptions
  /** Only the result of the latest check opens the gate. */
  #questions = 0
  #retry: NodeJS.Timeout | undefined
  readonly #unwatchRights: (() => void) | undefined

  constructor(options: PermissionWatchOptions) {
    this.#options = options
    // Watch from the start: rights may change before the feed has started.
    this.#unwatchRights = options.guard.watchRights?.(this.#ask)
  }

  /** Resolves when the guard's topic is watched, with a function that ends the watch. */
  async start(): Promise<() => void> {
    const { guard, live, gate } = this.#options
    try {
      await live.started
    } catch (error) {
      this.#stop()
      throw error
    }
    live.feed.add(this)
    // The permission may have been lost since the first check: the feed has reported that or will.
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

  /** An entry that the guard can't read may have revoked the permission. */
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

  /** Also rejects if the guard throws. */
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

/** A subscriber whose payloads pass a gate. Its viewer is always the current one of the wrapped subscriber. */
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

/** Too many payloads wait for the result of a permission check. */
export function tooMuchWaits(): GraphQLError {
  return new GraphQLError('The server cannot keep up with this subscription. Subscribe again.', {
    extensions: { code: 'UNAVAILABLE' },
  })
}
