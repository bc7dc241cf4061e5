import type { Viewer } from '../../platform/auth/viewer.ts'
import type { Entry } from '../history/entry.ts'
import type { Topic } from '../kernel/topic.ts'
import type { FeedListener } from './feed.ts'
import type { PresentedEvent, Sight } from './source.ts'

/** Has a listener hear a topic. Resolves with what ends that, when it hears everything from then on. */
export type Follow = (topic: Topic, listener: FeedListener) => Promise<() => void>

/** Calls `onChange` with those whose sight of a topic may have changed. */
type OnChange = (isConcerned: (viewer: Viewer | null) => boolean) => void

const EVERYBODY = (): boolean => true

/** Follows the topics that decide who sees what of one topic, for all its readers on this node. */
export class SightWatch {
  readonly #topic: Topic
  readonly #sight: Sight
  readonly #follow: Follow
  readonly #onChange: OnChange
  readonly #followed = new Map<Topic, Promise<() => void>>()
  #ready: Promise<void> | undefined
  #isClosed = false

  constructor(topic: Topic, sight: Sight, follow: Follow, onChange: OnChange) {
    this.#topic = topic
    this.#sight = sight
    this.#follow = follow
    this.#onChange = onChange
  }

  /** Resolves when no change can be missed any more. Rejects where the database is away; the next call tries again. */
  ready(): Promise<void> {
    this.#ready ??= this.#followAll().catch((error: unknown) => {
      this.#ready = undefined
      throw error
    })
    return this.#ready
  }

  /** Makes sure of the topics that `events` add, before anybody gets those. */
  async include(events: readonly (PresentedEvent & object)[]): Promise<void> {
    if (events.some((event) => this.#sight.named?.(event).some((topic) => !this.#followed.has(topic)))) {
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
    const topics = await this.#sight.topics(this.#topic)
    const missing = topics.filter((topic) => !this.#followed.has(topic))
    await Promise.all(topics.map((topic) => this.#followOne(topic)))
    // Read after they are followed: what changes from here on is heard.
    await this.#sight.learn?.(missing)
  }

  async #followOne(topic: Topic): Promise<void> {
    const known = this.#followed.get(topic)
    if (known !== undefined || this.#isClosed) {
      await known
      return
    }
    const following = this.#follow(topic, {
      onEntries: (entries) => this.#hear(entries),
      onDiscontinuity: () => this.#onChange(EVERYBODY),
      onFault: () => this.#onChange(EVERYBODY),
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
      const change = this.#sight.changedBy(entry)
      if (change?.kind === 'everybody') this.#onChange(EVERYBODY)
      else if (change !== undefined) this.#onChange((viewer) => viewer?.user.id === change.userId)
    }
  }
}
