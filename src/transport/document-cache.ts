import { LRUCache } from 'lru-cache'

/** Bounds the cache by its memory cost: a document takes up to 200 bytes per character, so this is 20 MB at most. */
const MAX_CHARACTERS = 100_000

/** An LRU cache by document text. */
export function createDocumentCache<Value extends object>(): LRUCache<string, Value> {
  return new LRUCache({ maxSize: MAX_CHARACTERS, sizeCalculation: (_value, text) => text.length + 1 })
}
