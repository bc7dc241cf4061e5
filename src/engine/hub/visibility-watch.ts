import type { Viewer } from '../../platform/auth/viewer.ts'
import type { Entry } from '../history/entry.ts'
import type { Topic } from '../kernel/topic.ts'
import type { FeedListener } from './feed.ts'
import type { PresentedEvent, Visibility } from './source.ts'

/** Adds a listener to a topic. Resolves when it receives everything from then on, with a function that removes it. */
export type Follow = (topic: Topic, listener: FeedListener) => Promise<() => void>

export interface VisibilityWatchOptions {
  readonly topic: Topic
  readonly visibility: Visibility
  readonly follow: Follow
  /** Called when the visibility of the topic may have changed for the given viewers. */
  readonly onChange: (isConcerned: (viewer: Viewer | null) => boolean) => void
}

const EVERYBODY = (): boolean => true

/** Watches the topics that determine the visibility of one topic, for all its readers on this node. */
export class VisibilityWatch {
  readonly #options: VisibilityWatchOptions
  readonly #followed = new Map<Topic, Promise<() => void>>()
  #ready: Promise<void> | undefined
  #isClosed = false

  constructor(options: VisibilityWatchOptions) {
    this.#options = options
  }

  /** Resolves when no change can be missed from then on. Rejects if the database is unavailable; the next call retries. */
  ready(): Promise<void> {
    this.#ready ??= this.#followAll().catch((error: unknown) => {
      this.#ready = undefined
      throw error
    })
    return this.#ready
  }

  /** Watches the topics that `events` add, before any reader receives those events. */
  async include(events: readonly (PresentedEvent & object)[]): Promise<void> {
    if (
      events.some((event) =>
        this.#options.visibility.named?.(event).some((topic) => !this.#followed.has(topic)),
      )
    ) {
      await this.#followAll()
    }
  }

  close(): void {
    this.#isClosed = true
    for (const following of this.#followed.values()) {
      following.then(
        (leave) => leave(),
        () => {},
      )
    }
    this.#followed.clear()
  }

  async #followAll(): Promise<void> {
    const topics = await this.#options.visibility.topics(this.#options.topic)
    const missing = topics.filter((topic) => !this.#followed.has(topic))
    await Promise.all(topics.map((topic) => this.#followOne(topic)))
    // Read after they are watched, so that later changes are noticed.
    await this.#options.visibility.learn?.(missing)
  }

  async #followOne(topic: Topic): Promise<void> {
    const known = this.#followed.get(topic)
    if (known !== undefined || this.#isClosed) {
      await known
      return
    }
    const following = this.#options.follow(topic, {
      onEntries: (entries) => this.#hear(entries),
      onDiscontinuity: () => this.#options.onChange(EVERYBODY),
      onFault: () => this.#options.onChange(EVERYBODY),
    })
    this.#followed.set(topic, following)
    try {
      const leave = await following
      if (this.#isClosed) leave()
    } catch (error) {
      this.#followed.delete(topic)
      throw error
    }
  }

  #hear(entries: readonly Entry[]): void {
    for (const entry of entries) {
      const change = this.#options.visibility.changedBy(entry)
      if (change?.kind === 'everybody') this.#options.onChange(EVERYBODY)
      else if (change !== undefined) this.#options.onChange((viewer) => viewer?.user.id === change.userId)
    }
  }
}
