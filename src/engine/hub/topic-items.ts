import type { History } from '../history/history.ts'
import type { Offset } from '../kernel/position.ts'
import type { Topic } from '../kernel/topic.ts'
import type { Feed } from './feed.ts'
import { HistoryPages } from './history-pages.ts'
import type { Presenter } from './presenter.ts'
import type { Item } from './reader.ts'
import type { Recent } from './recent.ts'

export interface TopicItemsOptions {
  readonly topic: Topic
  readonly feed: Pick<Feed, 'epoch'>
  readonly history: History
  readonly presenter: Presenter
  readonly recent: Recent
}

/** The items of one topic that are in memory: the last ones, and pages of its history for readers further behind. */
export class TopicItems {
  readonly recent: Recent
  readonly #options: TopicItemsOptions
  #pages: HistoryPages
  #revision = 0

  constructor(options: TopicItemsOptions) {
    this.#options = options
    this.recent = options.recent
    this.#pages = this.#newPages()
  }

  /** Grows when items that were handed out may no longer be what the history says. */
  get revision(): number {
    return this.#revision
  }

  /** Some of what follows `position`, from the database; undefined where the history does not reach back so far. */
  pageAfter(position: Offset): Promise<readonly Item[] | undefined> {
    return this.#pages.after(position)
  }

  /** What is held of earlier entries may no longer be what the history says: it is read again. */
  forget(): void {
    this.#revision += 1
    this.recent.clear()
    this.#pages = this.#newPages()
  }

  #newPages(): HistoryPages {
    const { topic, feed, history, presenter } = this.#options
    const { epoch } = feed
    return new HistoryPages(async (offset, limit) => {
      return presenter.presentAll(await history.readAfter(topic, { epoch, offset }, limit))
    })
  }
}
