import { type ReadTogether, together } from '../kernel/batch-loader.ts'
import type { Parent } from './parents.ts'

/** A page of one parent's children. Pages of many parents with equal slices are read together. */
export interface PageKey<Id extends string, Page> extends Parent<Id> {
  readonly page: Page
}

/** One statement reads all parents with equal slices. */
export function pages<Id extends string, Page extends object, Row>(
  readAll: (parents: readonly Parent<Id>[], page: Page) => Promise<readonly (readonly Row[])[]>,
): ReadTogether<PageKey<Id, Page>, readonly Row[]> {
  return together(
    async (keys: readonly PageKey<Id, Page>[]) => {
      const [first] = keys
      return first === undefined ? [] : readAll(keys, first.page)
    },
    { groupOf: ({ page }) => JSON.stringify(page), idOf: ({ id, bound }) => `${id} ${bound}` },
  )
}
