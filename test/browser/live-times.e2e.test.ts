import { describe, expect, test } from 'vitest'
import { post } from '../support/graphql-client.ts'
import { makeSale, openLive, shows, textOf, useDemo } from '../support/live.ts'
import { makeAuction } from '../support/rooms.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

const demo = useDemo()

const HAMMER = 'mutation ($id: ID!) { hammerAuction(auctionId: $id) { __typename } }'

/** Puts the page's calendar two days ahead, but not its clock: what just happened was the day before yesterday. */
const TWO_DAYS_LATER = `window.Date = class extends Date {
  constructor(...parts) {
    if (parts.length === 0) super(Date.now() + ${2 * DAY_MS})
    else super(...parts)
  }
}`
/** A day as en-GB writes it, such as 3 Dec 2026. */
const DAY = String.raw`\d{1,2} [A-Z][a-z]+ 20\d\d`
const TIME = String.raw`\d\d:\d\d`
const matches = (expression: string, pattern: string): string =>
  `new RegExp(${JSON.stringify(pattern)}).test(${expression})`
const row = (title: string): string =>
  `([...document.querySelectorAll('#lots button')].find((row) => row.innerText.includes('${title}')))`

describe('A lot of another day', () => {
  test('shows the day on which it starts, and counts down in days', async () => {
    const inHours = (hours: number): string => new Date(Date.now() + hours * HOUR_MS).toISOString()
    const { roomId, path } = await makeSale(demo.node, demo.seller, ['A vase'], { endsAt: inHours(77.5) })
    const later = { title: 'A table', startsAt: inHours(50.5), endsAt: inHours(100) }
    await makeAuction(demo.node, demo.seller, roomId, later)
    const page = await openLive(demo.chromium, demo.node.url + path)
    expect(await page.evaluate(textOf('countdown-label'))).toBe('Ends in')
    await page.until(`${textOf('countdown')} === '3 d 5 h'`)

    await page.until(`${row('A table')} !== undefined`)
    const said = `${row('A table')}.querySelector('.soft').textContent`
    expect(await page.evaluate(said)).toMatch(new RegExp(`^at ${DAY}, ${TIME}, from €5\\.00$`))
    await page.evaluate(`${row('A table')}.click()`)
    await page.until(`${textOf('countdown-label')} === 'Starts in'`)
    await page.until(`${textOf('countdown')} === '2 d 2 h'`)
  })
})

describe('A page on another day', () => {
  test('shows the day of ended lots, bids, messages and notifications', async () => {
    const { id, path } = await makeSale(demo.node, demo.seller, ['A vase'])
    const page = await openLive(demo.chromium, demo.node.url + path, { name: 'Ben' })
    await page.click('#quick')
    await page.until(`${textOf('leader')} === 'You lead'`)
    await page.fill('#message', 'Good evening')
    await page.evaluate(`document.querySelector('#message-form').requestSubmit()`)
    await page.until(shows('chat', 'Good evening'))
    await post(demo.node.url, HAMMER, { id }, demo.seller)
    await page.until(`document.querySelector('#notifications li') !== null`)

    const BID = `document.querySelector('#bids li > :last-child').textContent`
    const MESSAGE = `document.querySelector('#chat li').title`
    const NOTIFICATION = `document.querySelector('#notifications li .soft').textContent`
    await page.until(`${textOf('countdown-label')} === 'Ended '`)
    expect(await page.evaluate(BID)).toMatch(new RegExp(`^${TIME}:\\d\\d$`))
    expect(await page.evaluate(MESSAGE)).toMatch(new RegExp(`^${TIME}$`))
    expect(await page.evaluate(NOTIFICATION)).toMatch(new RegExp(`^${TIME}$`))

    await page.runFirst(TWO_DAYS_LATER)
    await page.evaluate('location.reload()')
    await page.until(`${row('A vase')} !== undefined`)
    await page.evaluate(`${row('A vase')}.click()`)
    await page.until(matches(textOf('countdown-label'), `^Ended ${DAY}$`))
    expect(await page.evaluate(textOf('countdown'))).toMatch(new RegExp(`^${TIME}$`))
    await page.until(
      `document.querySelector('#bids li') !== null && document.querySelector('#chat li') !== null`,
    )
    expect(await page.evaluate(BID)).toMatch(new RegExp(`^${DAY}, ${TIME}:\\d\\d$`))
    expect(await page.evaluate(MESSAGE)).toMatch(new RegExp(`^${DAY}, ${TIME}$`))
    await page.until(`document.querySelector('#notifications li') !== null`)
    expect(await page.evaluate(NOTIFICATION)).toMatch(new RegExp(`^${DAY}, ${TIME}$`))
    expect(page.faults).toEqual([])
  })
})
