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

/** The cached items of one topic: the last ones, and pages of its history for readers further behind. */
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

  /** Increases when items that were returned may no longer match the history. */
  get revision(): number {
    return this.#revision
  }

  /** Some entries after `position` from the database. Undefined if the history does not reach back that far. */
  pageAfter(position: Offset): Promise<readonly Item[] | undefined> {
    return this.#pages.after(position)
  }

  /** Cached entries may no longer match the history: drops them, so that they are read again. */
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
