/** The sort key of an item in a list: rank, then id. */
export interface ListKey {
  readonly rank: number
  readonly id: string
}

/** The next items after a key; null starts from the front. */
export interface Slice {
  readonly after: ListKey | null
  readonly limit: number
}

/** Items strictly between two keys: the first or last `limit` of them. */
export interface Span {
  readonly after: ListKey | null
  readonly before: ListKey | null
  readonly limit: number
  readonly from: 'start' | 'end'
}

/** Maximum number of items per request. */
export const MAX_PAGE_SIZE = 100
