import { joined, type Payload } from './delivery.ts'
import type { Item } from './reader.ts'
import type { Renderer } from './renderer.ts'

const PORTION_BYTES = 16 * 1024
/** So many items of a replay are sent at a turn: what their selections read is read together. */
const SENT_AT_A_TURN = 50

/** `items`, which follow each other, in turns that end alike for all readers, wherever they begin. */
export function* inTurns(items: readonly Item[]): Iterable<readonly Item[]> {
  for (let start = 0; start < items.length; ) {
    const end = start + SENT_AT_A_TURN - placeInTurn(items[start])
    yield items.slice(start, end)
    start = end
  }
}

const placeInTurn = (item: Item | undefined): number => ((item?.offset ?? 1) - 1) % SENT_AT_A_TURN

/**
 * What readers of a group who catch up get: results joined as far as that is little for one socket. Where everybody in
 * the group gets the same, those of a turn are made once for all who come by while the items are held. What is left of a
 * turn to who begins in its middle is not kept: there may be one for each item, as large as the turn.
 */
export class Portions {
  readonly #renderer: Renderer
  readonly #isOpen: boolean
  /** By the first of the items. */
  readonly #made = new WeakMap<
    Item,
    { readonly last: Item | undefined; readonly portions: readonly Payload[] }
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
    if (known !== undefined && known.last === items.at(-1)) return known.portions
    const portions = this.#make(items)
    if (!(portions instanceof Promise) && placeInTurn(first) === 0)
      this.#made.set(first, { last: items.at(-1), portions })
    return portions
  }

  #make(items: readonly Item[]): readonly Payload[] | Promise<readonly Payload[]> {
    const payloads = items.map((item) => this.#renderer.renderItem(item))
    return payloads.some((payload) => payload instanceof Promise)
      ? Promise.all(payloads).then(inPortions)
      : inPortions(payloads as readonly Payload[])
  }
}

function inPortions(payloads: readonly Payload[]): readonly Payload[] {
  const portions: Payload[] = []
  let portion: Payload[] = []
  let bytes = 0
  for (const payload of payloads) {
    portion.push(payload)
    for (const { json } of payload.results) bytes += json.length
    if (bytes < PORTION_BYTES) continue
    portions.push(joined(portion))
    portion = []
    bytes = 0
  }
  return portion.length === 0 ? portions : [...portions, joined(portion)]
}
