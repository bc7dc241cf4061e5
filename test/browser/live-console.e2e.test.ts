import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { Page } from '../support/chromium.ts'
import { post } from '../support/graphql-client.ts'
import { makeSale, openLive, SHOWN, settled, textOf, useDemo } from '../support/live.ts'
import { createRandom } from '../support/random.ts'
import { placeBid } from '../support/rooms.ts'

const EXTRA_STEPS = 4
/** Longer than a lot that is over stays shown. */
const NEXT_LOT_MS = 2_500

const demo = useDemo()

const ANNOUNCED = '{ announcements(first: 100) { edges { node { id roomId } } } }'
const RETRACT = 'mutation ($id: ID!) { retractAnnouncement(announcementId: $id) { __typename } }'

const row = (title: string): string =>
  `[...document.querySelectorAll('#lots button')].find((each) => each.querySelector('.line').textContent === '${title}')`
const TITLES = `[...document.querySelectorAll('#lots .row .line')].map((line) => line.textContent)`

async function show(page: Page, title: string): Promise<void> {
  await page.until(`${row(title)} !== undefined`)
  await page.evaluate(`${row(title)}.click()`)
  await page.until(`${textOf('title')} === '${title}'`)
}

/** Clicks one of these buttons of the console, if it is offered. Resolves to whether it was. */
function press(page: Page, part: string, words: readonly string[]): Promise<boolean> {
  return page.evaluate(`(() => {
    const button = [...document.querySelectorAll('${part} button')].find(
      (each) => ${JSON.stringify(words)}.includes(each.textContent) && each.ariaDisabled !== 'true' && !each.disabled,
    )
    button?.click()
    return button !== undefined })()`)
}

async function confirm(page: Page, isOffered: boolean): Promise<boolean> {
  if (!isOffered) return false
  await page.click('#confirm-act')
  await page.until(`document.querySelector('#confirm') === null`)
  return true
}

/** What an auctioneer does with the console on `page`. Each resolves to whether the console offered it. */
function actionsOn(page: Page, roomId: string, random: (below: number) => number) {
  let count = 0
  const word = (): string => {
    count += 1
    return `number ${count}`
  }
  return {
    async 'put up a lot'() {
      await page.fill('#put-up [name=title]', `Lot ${word()}`)
      return press(page, '#put-up', ['Put up'])
    },
    'pause or resume the lot': () => press(page, '#lot-controls', ['Pause', 'Resume']),
    'pause or resume the room': () => press(page, '#room-controls', ['Pause the room', 'Resume the room']),
    async 'void a bid'() {
      const bids = `document.querySelector('#void select')`
      const choices = await page.evaluate<number>(`${bids}?.options.length ?? 0`)
      if (choices === 0) return false
      await page.evaluate(`{ ${bids}.selectedIndex = ${random(choices)} }`)
      await page.fill('#void [name=reason]', 'A slip')
      return confirm(page, await press(page, '#void', ['Void…']))
    },
    hammer: async () => confirm(page, await press(page, '#lot-controls', ['Hammer…'])),
    cancel: async () => confirm(page, await press(page, '#lot-controls', ['Cancel…'])),
    async announce() {
      await page.fill('#announce [name=title]', `Announcement ${word()}`)
      await page.fill('#announce [name=body]', 'For all in the room.')
      await page.evaluate(`{ document.querySelector('#announce select').selectedIndex = ${random(3)} }`)
      return press(page, '#announce', ['Announce'])
    },
    // The console has no button for it.
    async retract() {
      const { data } = await post(demo.node.url, ANNOUNCED, {}, demo.seller)
      const { announcements } = data as {
        readonly announcements: {
          readonly edges: readonly { readonly node: { id: string; roomId: string } }[]
        }
      }
      const [found] = announcements.edges.filter(({ node }) => node.roomId === roomId)
      if (found !== undefined) await post(demo.node.url, RETRACT, { id: found.node.id }, demo.seller)
      return found !== undefined
    },
  }
}

/** Bids on the lot that the console acts on, if it takes bids. */
async function bidOn(
  page: Page,
  bidders: readonly string[],
  random: (below: number) => number,
): Promise<void> {
  const auctionId = await page.evaluate<string>(`document.querySelector('#lot-controls select')?.value ?? ''`)
  if (auctionId === '') return
  for (let bid = 0; bid < 3; bid += 1) {
    const amount = 1_000 + 100 * random(200)
    await placeBid(demo.node, bidders[bid % bidders.length] ?? '', { auctionId, amount })
  }
}

/** In random order. */
function shuffled<Item>(items: readonly Item[], random: (below: number) => number): readonly Item[] {
  return items
    .map((item) => [random(2 ** 20), item] as const)
    .sort(([one], [other]) => one - other)
    .map(([, item]) => item)
}

describe("A page opened before the auctioneer used the console's buttons, and one opened after it", () => {
  test('show the same for every lot, in whatever order they were clicked', { timeout: 180_000 }, async () => {
    const seed = Date.now() % 2 ** 20
    const random = createRandom(seed)
    const { roomId, path } = await makeSale(demo.node, demo.seller, ['A first lot', 'A second lot'])
    const bidders = await Promise.all(
      ['Ann', 'Ben'].map((name) => demo.node.token(`console-${name}`, { name })),
    )
    const early = await openLive(demo.chromium, demo.node.url + path)
    const ada = await openLive(demo.chromium, demo.node.url + path, { name: 'Ada', isAuctioneer: true })
    await ada.until(`document.querySelector('#lot-controls select') !== null`)

    const actions = actionsOn(ada, roomId, random)
    const names = Object.keys(actions) as (keyof typeof actions)[]
    const extra = Array.from({ length: EXTRA_STEPS }, () => names[random(names.length)] ?? 'announce')
    const done: string[] = []
    for (const name of shuffled([...names, ...extra], random)) {
      await bidOn(ada, bidders, random)
      await settled(ada)
      if (await actions[name]()) done.push(name)
      await settled(ada)
    }
    const history = `seed ${seed}: ${done.join(', ')}`
    expect(done.length, history).toBeGreaterThan(EXTRA_STEPS)

    await pause(NEXT_LOT_MS)
    const late = await demo.chromium.newPage()
    await late.goTo(demo.node.url + path)
    // The lot that the early page shows comes first: it was never reloaded there.
    const first = await early.evaluate<string>(textOf('title'))
    await late.until(`${TITLES}.length >= 2`)
    const titles = await early.evaluate<readonly string[]>(TITLES)
    for (const title of [first, ...titles.filter((each) => each !== first)]) {
      if (title !== first) await show(early, title)
      await show(late, title)
      const same = await settled(late)
      await early
        .until(`JSON.stringify(${SHOWN}) === ${JSON.stringify(JSON.stringify(same))}`)
        .catch(() => {})
      expect(await early.evaluate(SHOWN), `${history}; ${title}`).toEqual(same)
    }
    expect([...early.faults, ...ada.faults]).toEqual([])
  })
})
