import { afterAll, afterEach, beforeAll } from 'vitest'
import { type Chromium, type Page, startChromium } from './chromium.ts'
import { OWN_SECRET, startNode, type TestNode } from './node.ts'
import { makeAuction, makeRoom } from './rooms.ts'

/** The text of the element with that id on the live page. */
export const textOf = (id: string): string => `(document.getElementById('${id}')?.textContent ?? '')`
export const shows = (id: string, text: string): string => `${textOf(id)}.includes(${JSON.stringify(text)})`
/** Whether the next increment can be bid by a click. */
export const CAN_BID = `document.querySelector('#quick')?.getAttribute('aria-disabled') === 'false'`
/** The prices in the list of bids, newest first. */
export const PRICES = `[...document.querySelectorAll('#bids li')].map((line) => line.firstChild.textContent)`

/** The messages, oldest first, with their authors. */
export const CHAT = `[...document.querySelectorAll('#chat li')].map((line) => line.innerText.replace(/\\s+/g, ' '))`

/** What a page shows of an auction room. */
export const SHOWN = `({
  title: ${textOf('title')}, price: ${textOf('price')}, leader: ${textOf('leader')}, count: ${textOf('bid-count')},
  label: ${textOf('countdown-label')}, outcome: ${textOf('outcome')}, before: ${textOf('before')},
  bids: [...document.querySelectorAll('#bids li')].slice(0, 20).map((line) => line.className + line.innerText),
  ranking: [...document.querySelectorAll('#ranking li')].map((line) => [...line.children].slice(0, 3).map((cell) => cell.innerText)),
  lots: [...document.querySelectorAll('#lots li')].map((line) => line.innerText),
  talk: ${CHAT}.slice(-50), banner: ${textOf('announcements')}, pause: ${textOf('room-paused')},
})`

/** What a page shows when it has shown the same for half a second. */
export async function settled(page: Page): Promise<unknown> {
  let [before, after] = ['', JSON.stringify(await page.evaluate(SHOWN))]
  while (before !== after) {
    await new Promise((resolve) => setTimeout(resolve, 500))
    ;[before, after] = [after, JSON.stringify(await page.evaluate(SHOWN))]
  }
  return JSON.parse(after)
}

const INSTALLING_MS = 300_000

/** The fixture shared by the live-page tests of one file. */
export interface Demo {
  /** A node with the demo's rooms, which issues tokens. */
  readonly node: TestNode
  readonly chromium: Chromium
  /** The token of a seller. */
  readonly seller: string
}

/** Starts a node and a browser before the tests of a file, closes the pages after each test, and both at the end. */
export function useDemo(): Demo {
  let started: Demo | undefined
  beforeAll(async () => {
    const [node, chromium] = await Promise.all([
      startNode({ env: { DEMO: 'true', ...OWN_SECRET } }),
      startChromium(),
    ])
    started = { node, chromium, seller: await node.token('seller') }
  }, INSTALLING_MS)
  afterEach(() => started?.chromium.closePages())
  afterAll(async () => {
    await started?.chromium[Symbol.asyncDispose]()
    await started?.node[Symbol.asyncDispose]()
  })
  const current = (): Demo => {
    if (started === undefined) throw new Error('the demo has not started: use it in a test')
    return started
  }
  return {
    get node() {
      return current().node
    },
    get chromium() {
      return current().chromium
    },
    get seller() {
      return current().seller
    },
  }
}

export interface Sale {
  readonly roomId: string
  /** The auction of the lot shown: the first, which ends first. */
  readonly id: string
  readonly path: string
}

/** A new room of `seller`, which the demo's bots do not visit, with the lots of `titles`. */
export async function makeSale(
  node: TestNode,
  seller: string,
  titles: readonly [string, ...string[]],
  input: object = {},
): Promise<Sale> {
  const roomId = await makeRoom(node, seller)
  const [first, ...others] = titles
  const id = await makeAuction(node, seller, roomId, { title: first, ...input })
  for (const title of others) await makeAuction(node, seller, roomId, { title, ...input })
  return { roomId, id, path: `/?room=${roomId}` }
}

export interface Opening {
  /** Signs in with it. */
  readonly name?: string
  readonly isAuctioneer?: boolean
  /** Runs before the page's own scripts. */
  readonly script?: string
}

/** The live page at `url`, once it shows a lot and, if a name is given, accepts bids. */
export async function openLive(chromium: Chromium, url: string, opening: Opening = {}): Promise<Page> {
  const { name, isAuctioneer = false, script = '' } = opening
  const page = await chromium.newPage()
  await page.runFirst(script)
  await page.goTo(url)
  await page.until(`/^Starts at|^Price/.test(${textOf('price-label')})`)
  if (name === undefined) return page
  await signIn(page, name, isAuctioneer)
  await page.until(`document.querySelector('#bidding') !== null && ${textOf('price')} !== ''`)
  return page
}

export async function signIn(page: Page, name: string, isAuctioneer = false): Promise<void> {
  await page.until(`document.querySelector('#sign-in') !== null`)
  if (isAuctioneer) await page.evaluate(`document.querySelector('#auctioneer').click()`)
  await page.fill('#name', name)
  await page.evaluate(`document.querySelector('#sign-in').requestSubmit()`)
  await page.until(`document.querySelector('#message')?.disabled === false`)
}

/**
 * Records in `window.moved` the elements that move, except in lists, where older lines make room. Starts after two
 * frames, so that a shift in the current frame, such as the bid form replacing the sign-in form, does not count.
 */
export const WATCH_SHIFTS = `(async () => {
  const frame = () => new Promise(requestAnimationFrame)
  await frame()
  await frame()
  window.moved = []
  new PerformanceObserver((list) => {
    const nodes = list.getEntries().flatMap(({ sources }) => sources.map(({ node }) => node))
    const elements = nodes.map((node) => (node instanceof Element ? node : node?.parentElement))
    for (const element of elements) if (!element?.closest('.scroll')) window.moved.push(element?.outerHTML.slice(0, 200) ?? '?')
  }).observe({ type: 'layout-shift' })
})()`

/** The elements that overflow the page to the right and make it scroll. */
export const TOO_WIDE = `document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll('body *')]
  .filter((element) => !element.closest('.scroll') && element.getBoundingClientRect().right > innerWidth)
  .map((element) => element.outerHTML.slice(0, 200))`
