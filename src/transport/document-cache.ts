import { LRUCache } from 'lru-cache'

/**
 * Bounds what is kept by what it costs: a document takes up to 200 bytes for each of its characters, so that this is
 * 20 MB at most, whatever is sent.
 */
const MAX_CHARACTERS = 100_000

/** By the text of a document. Those used last stay. */
export function createDocumentCache<Value extends object>(): LRUCache<string, Value> {
  return new LRUCache({ maxSize: MAX_CHARACTERS, sizeCalculation: (_value, text) => text.length + 1 })
}
