import { joined, type Payload } from './delivery.ts'
import type { Item } from './reader.ts'
import type { Renderer } from './renderer.ts'

const PAYLOAD_BYTES = 16 * 1024
/** Items of a replay that are sent together: what their selections read is read together. */
const CHUNK_SIZE = 50

/** `items`, which are consecutive, in chunks with the same ends for all readers, wherever they begin. */
export function* chunksOf(items: readonly Item[]): Iterable<readonly Item[]> {
  for (let start = 0; start < items.length; ) {
    const end = start + CHUNK_SIZE - placeInChunk(items[start])
    yield items.slice(start, end)
    start = end
  }
}

const placeInChunk = (item: Item | undefined): number => ((item?.offset ?? 1) - 1) % CHUNK_SIZE

/**
 * The payloads of chunks for readers of a group who catch up: results joined up to PAYLOAD_BYTES. Where the whole group
 * gets the same, those of a full chunk are made once for all readers while the items are held. The rest of a chunk, for a
 * reader that begins in its middle, is not kept: there may be one for each item, as large as the chunk.
 */
export class ReplayPayloads {
  readonly #renderer: Renderer
  readonly #isOpen: boolean
  /** By the first of the items. */
  readonly #made = new WeakMap<
    Item,
    { readonly last: Item | undefined; readonly payloads: readonly Payload[] }
  >()

  /** `isOpen`: every item is for every reader. */
  constructor(renderer: Renderer, isOpen: boolean) {
    this.#renderer = renderer
    this.#isOpen = isOpen
  }

  /** `items`, all of them for one reader, as payloads. A promise only where a selection reads something. */
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
