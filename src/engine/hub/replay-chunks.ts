import { joined, type Payload } from './delivery.ts'
import type { Item } from './reader.ts'
import type { Renderer } from './renderer.ts'

const PAYLOAD_BYTES = 16 * 1024
/** Items of a replay per chunk. The reads of their selections are batched. */
const CHUNK_SIZE = 50

/** Splits consecutive `items` into chunks with the same boundaries for all readers, wherever they begin. */
export function* chunksOf(items: readonly Item[]): Iterable<readonly Item[]> {
  for (let start = 0; start < items.length; ) {
    const end = start + CHUNK_SIZE - placeInChunk(items[start])
    yield items.slice(start, end)
    start = end
  }
}

const placeInChunk = (item: Item | undefined): number => ((item?.offset ?? 1) - 1) % CHUNK_SIZE

/**
 * The payloads of chunks for readers of a group who catch up: results combined up to PAYLOAD_BYTES. If the whole group
 * receives the same items, a full chunk is rendered once for all readers while its items are referenced. The rest of a chunk, for a
 * reader that begins in the middle, is not cached: there may be one per item, each as large as the chunk.
 */
export class ReplayPayloads {
  readonly #renderer: Renderer
  readonly #isOpen: boolean
  /** Payloads by the first item of their chunk. */
  readonly #made = new WeakMap<
    Item,
    { readonly last: Item | undefined; readonly payloads: readonly Payload[] }
  >()

  /** `isOpen`: whether every item is for every reader. */
  constructor(renderer: Renderer, isOpen: boolean) {
    this.#renderer = renderer
    this.#isOpen = isOpen
  }

  /** Renders `items` for one reader who may see all of them. A promise only if a selection reads data. */
  of(items: readonly Item[]): readonly Payload[] | Promise<readonly Payload[]> {
    const [first] = items
    if (first === undefined) return []
    if (!this.#isOpen) return this.#make(items)
    const known = this.#made.get(first)
    if (known !== undefined && known.last === items.at(-1)) return known.payloads
    const payloads = this.#make(items)
    if (!(payloads instanceof Promise) && placeInChunk(first) === 0)
      this.#made.set(first, { last: items.at(-1), payloads })
    return payloads
  }

  #make(items: readonly Item[]): readonly Payload[] | Promise<readonly Payload[]> {
    const rendered = items.map((item) => this.#renderer.renderItem(item))
    return rendered.every(isReady) ? joinedBySize(rendered) : Promise.all(rendered).then(joinedBySize)
  }
}

function isReady(rendered: Payload | Promise<Payload>): rendered is Payload {
  return !(rendered instanceof Promise)
}

function joinedBySize(payloads: readonly Payload[]): readonly Payload[] {
  const parts: Payload[] = []
  let part: Payload[] = []
  let bytes = 0
  for (const payload of payloads) {
    part.push(payload)
    for (const { json } of payload.results) bytes += json.length
    if (bytes < PAYLOAD_BYTES) continue
    parts.push(joined(part))
    part = []
    bytes = 0
  }
  return part.length === 0 ? parts : [...parts, joined(part)]
}
