/** Where an item stands in a list: by rank, and among equals by id. */
export interface ListKey {
  readonly rank: number
  readonly id: string
}

/** The next items of a list after a place in it; from its front when null. */
export interface Slice {
  readonly after: ListKey | null
  readonly limit: number
}

/** Items strictly between two places, `limit` of them counted from the start or from the end of that span. */
export interface Span {
  readonly after: ListKey | null
  readonly before: ListKey | null
  readonly limit: number
  readonly from: 'start' | 'end'
}

/** The most items that a client can ask for at once. */
export const MAX_PAGE_SIZE = 100
