import { describe, expect, test } from 'vitest'
import type { Page } from '../support/chromium.ts'
import { post } from '../support/graphql-client.ts'
import { CAN_BID, makeSale, openLive, shows, textOf, useDemo } from '../support/live.ts'
import { placeBid } from '../support/rooms.ts'

const HOUR_MS = 3_600_000

const demo = useDemo()

async function run(text: string, variables: Readonly<Record<string, unknown>>): Promise<unknown> {
  const { data, errors } = await post(demo.node.url, text, variables, demo.seller)
  expect(errors).toBeUndefined()
  expect(JSON.stringify(data)).not.toContain('"Rejected"')
  return data
}

const PAUSE_ROOM = 'mutation ($id: ID!) { pauseRoom(roomId: $id) { __typename } }'
const RESUME_ROOM = 'mutation ($id: ID!) { resumeRoom(roomId: $id) { __typename } }'
const HAMMER = 'mutation ($id: ID!) { hammerAuction(auctionId: $id) { __typename } }'
const ENDS = 'query ($id: ID!) { auction(id: $id) { endsAt endedAt } }'

const exists = (selector: string): string => `document.querySelector('${selector}') !== null`
const click = (page: Page, selector: string): Promise<void> =>
  page.evaluate(`document.querySelector('${selector}').click()`)
/** Whether each button that bids is disabled. */
const DISABLED = `[...document.querySelectorAll('#bidding button')]
  .map((button) => button.getAttribute('aria-disabled') === 'true')`

describe('When the auctioneer pauses the room', () => {
  test('a bidder sees a banner, a stopped clock and disabled bid buttons, until it resumes', async () => {
    const { roomId, path } = await makeSale(demo.node, demo.seller, ['A vase'], { buyNowPrice: 10_000 })
    const ben = await openLive(demo.chromium, demo.node.url + path, { name: 'Ben' })
    await ben.until(CAN_BID)
    expect(await ben.evaluate(exists('#room-paused'))).toBe(false)
    expect(await ben.evaluate(DISABLED)).toEqual([false, false, false, false, false])

    await run(PAUSE_ROOM, { id: roomId })
    await ben.until(shows('room-paused', 'The auctioneer has paused the sale.'))
    await ben.until(`${textOf('countdown')} === 'Paused'`)
    expect(await ben.evaluate(textOf('countdown-label'))).toBe('Clock stopped')
    expect(await ben.evaluate(DISABLED)).toEqual([true, true, true, true, true])
    // A click sends nothing, so the page shows no refusal either.
    await click(ben, '#quick')
    await click(ben, '#buy-now')
    expect(await ben.evaluate(textOf('answer'))).toBe('')

    await run(RESUME_ROOM, { id: roomId })
    await ben.until(`!(${exists('#room-paused')})`)
    await ben.until(`/^(\\d+:)?\\d+:\\d\\d$/.test(${textOf('countdown')})`)
    expect(await ben.evaluate(textOf('countdown-label'))).toBe('Ends in')
    expect(await ben.evaluate(DISABLED)).toEqual([false, false, false, false, false])
    await click(ben, '#quick')
    await ben.until(`${textOf('leader')} === 'You lead'`)
  })
})

describe('After the hammer', () => {
  test('the page shows when the lot ended, the outcome for each viewer, and no bid form', async () => {
    const { id, path } = await makeSale(demo.node, demo.seller, ['A vase'], {
      endsAt: new Date(Date.now() + HOUR_MS).toISOString(),
    })
    const url = demo.node.url + path
    const ann = await openLive(demo.chromium, url, { name: 'Ann' })
    const ben = await openLive(demo.chromium, url, { name: 'Ben' })
    const visitor = await openLive(demo.chromium, url)
    await ann.until(CAN_BID)
    await click(ann, '#quick')
    await ben.until(shows('leader', 'Ann leads'))
    await click(ben, '#quick')
    await ann.until(shows('leader', 'Ben leads'))
    await run(HAMMER, { id })

    await ben.until(`${textOf('outcome')} === 'Congratulations, the lot is yours for €5.50.'`)
    await ann.until(`${textOf('outcome')} === 'It sold for €0.50 more than your highest bid.'`)
    await visitor.until(`${textOf('leader')} === 'Sold to Ben for €5.50'`)
    const { auction } = (await run(ENDS, { id })) as {
      readonly auction: { readonly endsAt: string; readonly endedAt: string }
    }
    const timeIn = (page: Page, instant: string): Promise<string> =>
      page.evaluate(`new Date('${instant}').toLocaleTimeString(undefined, { timeStyle: 'short' })`)
    const ended = await timeIn(ben, auction.endedAt)
    expect(ended).not.toBe(await timeIn(ben, auction.endsAt))
    for (const page of [ann, ben, visitor]) {
      expect(await page.evaluate(textOf('countdown-label'))).toMatch(/^Ended/)
      expect(await page.evaluate(textOf('countdown'))).toBe(ended)
      expect(await page.evaluate(exists('#bidding, #sign-in, #quick'))).toBe(false)
    }
  })
})

describe("The auctioneer's console", () => {
  test('warns that a hammer below the reserve leaves the lot unsold', async () => {
    const { id, path } = await makeSale(demo.node, demo.seller, ['A vase'], { reservePrice: 2_000 })
    const carl = await demo.node.token('carl', { name: 'Carl' })
    const ada = await openLive(demo.chromium, demo.node.url + path, { name: 'Ada', isAuctioneer: true })
    await ada.until(`${textOf('lot-standing')} === 'No bids. Reserve not met.'`)
    await click(ada, '#hammer')
    await ada.until(shows('confirm', 'Nobody has bid: there is no bid to sell to.'))
    await click(ada, '#confirm button:not(.main)')

    await placeBid(demo.node, carl, { auctionId: id, amount: 1_000 })
    await ada.until(`${textOf('lot-standing')} === 'Carl leads at €10.00. Reserve not met.'`)
    await click(ada, '#hammer')
    const warning = 'The reserve is not met: the lot ends unsold, and not to Carl for €10.00.'
    await ada.until(shows('confirm', warning))
    // The open question follows the bids.
    await placeBid(demo.node, carl, { auctionId: id, amount: 2_000 })
    await ada.until(shows('confirm', 'Sells to Carl for €20.00.'))
    expect(await ada.evaluate(textOf('confirm'))).not.toContain('reserve')
    await click(ada, '#confirm button:not(.main)')
    expect(await ada.evaluate(textOf('lot-standing'))).toBe('Carl leads at €20.00. Reserve met.')
  })

  test('ends a lot below its reserve unsold, and says so to the highest bidder', async () => {
    const { path } = await makeSale(demo.node, demo.seller, ['A vase'], { reservePrice: 2_000 })
    const ada = await openLive(demo.chromium, demo.node.url + path, { name: 'Ada', isAuctioneer: true })
    const ben = await openLive(demo.chromium, demo.node.url + path, { name: 'Ben' })
    await ben.until(CAN_BID)
    await click(ben, '#quick')
    await ada.until(shows('lot-standing', 'Ben leads at €5.00.'))
    await click(ada, '#hammer')
    await ada.until(exists('#confirm-act'))
    await click(ada, '#confirm-act')
    await ben.until(`${textOf('leader')} === 'Not sold'`)
    await ben.until(`${textOf('outcome')} === 'You had the highest bid, below the reserve.'`)
  })

  test('shows sellers no bid buttons on their own lot', async () => {
    const { path } = await makeSale(demo.node, demo.seller, ['A lot of somebody else'])
    const ada = await openLive(demo.chromium, demo.node.url + path, { name: 'Ada', isAuctioneer: true })
    const ben = await openLive(demo.chromium, demo.node.url + path, { name: 'Ben' })
    // An auctioneer may bid on the lots of others.
    expect(await ada.evaluate(exists('#own-lot'))).toBe(false)
    await ada.fill('#put-up [name=title]', 'A lot of my own')
    await ada.evaluate(`document.querySelector('#put-up').requestSubmit()`)
    await ada.until(`${textOf('title')} === 'A lot of my own'`)
    await ada.until(`${textOf('own-lot')} === 'You are the seller of this lot.'`)
    expect(await ada.evaluate(exists('#bidding, #quick, #ceiling'))).toBe(false)

    const ROW = `[...document.querySelectorAll('#lots button')].find((row) => row.innerText.includes('of my own'))`
    await ben.until(`${ROW} !== undefined`)
    await ben.evaluate(`${ROW}.click()`)
    await ben.until(`${textOf('title')} === 'A lot of my own' && ${CAN_BID}`)
    expect(await ben.evaluate(exists('#own-lot'))).toBe(false)
  })
})
