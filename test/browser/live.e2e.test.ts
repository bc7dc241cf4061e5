import { describe, expect, test } from 'vitest'
import { post } from '../support/graphql-client.ts'
import { CAN_BID, makeSale, openLive, PRICES, shows, textOf, useDemo, WATCH_SHIFTS } from '../support/live.ts'
import { startProxy } from '../support/proxy.ts'
import { placeBid } from '../support/rooms.ts'

const MINUTE_MS = 60_000

const demo = useDemo()

/** Makes connections slow with the entries of bids, and only with these. */
const SLOW_ENTRIES = `window.WebSocket = class extends WebSocket {
  set onmessage(hear) {
    super.onmessage = (event) => setTimeout(() => hear(event), event.data.includes('BidPlaced') ? 500 : 0)
  }
}`
describe('The live page, without a name', () => {
  test.each([
    ['COINS', 0, '1,234 COINS'],
    ['US1', 2, '12.34 US1'],
    ['HUF', 2, 'HUF 12.34'],
    ['KWD', 3, 'KWD 1.234'],
  ])('shows a lot in %s, with %i digits after the point', async (currency, _digits, text) => {
    const exponent = currency === 'US1' ? { currencyExponent: 2 } : {}
    const { path } = await makeSale(demo.node, demo.seller, ['A vase'], {
      currency,
      startingPrice: 1234,
      ...exponent,
    })
    const page = await openLive(demo.chromium, demo.node.url + path)
    expect((await page.evaluate<string>(textOf('price'))).replace(/\s/gu, ' ')).toBe(text)
    expect(page.faults).toEqual([])
  })

  test('sends a ceiling typed in the units of the lot', async () => {
    const lot = { currency: 'KWD', startingPrice: 1000 }
    const { path } = await makeSale(demo.node, demo.seller, ['A vase'], lot)
    const page = await openLive(demo.chromium, demo.node.url + path, { name: 'Kim' })
    await page.fill('#ceiling', '2.5')
    await page.evaluate(`document.querySelector('#ceiling-form').requestSubmit()`)
    await page.until(shows('answer', '2.500'))
  })

  test('shows the lot of the demo, and a price that changes by itself', async () => {
    const page = await demo.chromium.newPage()
    await page.goTo(demo.node.url)
    await page.until(`document.querySelectorAll('#bids li').length > 0`)
    const price = await page.evaluate<string>(textOf('price'))
    expect(price).toMatch(/€[\d,]+\.\d\d/)
    expect(await page.evaluate(textOf('countdown'))).toMatch(/^\d+:\d\d$/)
    expect(await page.evaluate(textOf('room'))).toBe('Demo saleroom')
    await page.until(`${textOf('price')} !== ${JSON.stringify(price)}`)
    await page.until(`${PRICES}[0] === ${textOf('price')}`)
    expect(page.requested.filter((url) => new URL(url).host !== new URL(demo.node.url).host)).toEqual([])
    expect(page.faults).toEqual([])
  })
})

describe('Two people with the live page open', () => {
  test('bid against each other, by a click and by ceiling, and nothing moves on their pages', async () => {
    const sale = await makeSale(demo.node, demo.seller, ['A music box', 'A clock'])
    const ann = await openLive(demo.chromium, demo.node.url + sale.path, { name: 'Ann' })
    const ben = await openLive(demo.chromium, demo.node.url + sale.path, { name: 'Ben' })
    await ben.evaluate(WATCH_SHIFTS)
    expect(await ann.evaluate(textOf('title'))).toBe('A music box')
    expect(await ann.evaluate(textOf('leader'))).toBe('No bids yet')

    await ann.click('#quick')
    await ann.until(`${textOf('leader')} === 'You lead'`)
    await ann.until(shows('answer', 'You lead at €5.00'))
    await ben.until(`${textOf('leader')} === 'Ann leads'`)

    await ben.fill('#ceiling', '20')
    await ben.click('#ceiling-button')
    await ben.until(shows('answer', 'Your ceiling: €20.00'))
    await ann.until(`${textOf('leader')} === 'Ben leads, you were outbid'`)
    await ann.click('#quick')
    await ann.until(shows('answer', 'another ceiling was higher'))
    await ben.until(`${textOf('leader')} === 'You lead' && ${PRICES}.length === 4`)
    await ann.until(`${PRICES}.length === 4`)
    expect(await ben.evaluate(PRICES)).toEqual(await ann.evaluate(PRICES))
    expect(await ben.evaluate('window.moved')).toEqual([])

    const hammer = 'mutation ($id: ID!) { hammerAuction(auctionId: $id) { __typename } }'
    await post(demo.node.url, hammer, { id: sale.id }, demo.seller)
    await ben.until(shows('leader', 'Sold to you'))
    await ann.until(shows('leader', 'Sold to Ben'))
    await ann.until(shows('title', 'A clock'))
    expect(await ann.evaluate(textOf('before'))).toContain('Before this: A music box. Sold to Ben')
  })

  test('are told what became of their bid, also where the answer comes before the entries', async () => {
    const { id, path } = await makeSale(demo.node, demo.seller, ['A late echo'])
    const ann = await openLive(demo.chromium, demo.node.url + path, { name: 'Ann', script: SLOW_ENTRIES })
    await placeBid(demo.node, await demo.node.token('ben'), { auctionId: id, maximum: 2000 })
    await ann.until(`${PRICES}.length === 1`)
    await ann.click('#quick')
    await ann.until(shows('answer', 'another ceiling was higher'))
    await ann.until(`${PRICES}.length === 3`)
    expect(await ann.evaluate(textOf('answer'))).toContain('another ceiling was higher')
  })

  test('read on one page what is said on the other, letter for letter', async () => {
    const sale = await makeSale(demo.node, demo.seller, ['A silent lot'])
    const ann = await openLive(demo.chromium, demo.node.url + sale.path, { name: 'Ann' })
    const ben = await openLive(demo.chromium, demo.node.url + sale.path)
    await ann.fill('#message', '<img src=x onerror=alert(1)> & all')
    await ann.click('#send')
    await ben.until(shows('chat', 'Ann<img src=x onerror=alert(1)> & all'))
  })
})

describe('A bid in the last seconds', () => {
  test('is shown to extend the end', async () => {
    const { id, path } = await makeSale(demo.node, demo.seller, ['A late lot'], {
      endsAt: new Date(Date.now() + MINUTE_MS).toISOString(),
      softClose: { windowMs: 2 * MINUTE_MS, extensionMs: 3 * MINUTE_MS, capMs: 10 * MINUTE_MS },
    })
    const page = await openLive(demo.chromium, demo.node.url + path)
    await placeBid(demo.node, await demo.node.token('carl'), { auctionId: id, amount: 1000 })
    await page.until(shows('countdown-label', 'extended 1×'))
    await page.until(`/^[23]:\\d\\d$/.test(${textOf('countdown')})`)
  })
})

describe('A live page that loses its connection', () => {
  test('says so calmly, comes back by itself, and has every bid that it missed, once', async () => {
    const { id, path } = await makeSale(demo.node, demo.seller, ['A distant lot'])
    const carl = await demo.node.token('carl', { name: 'Carl' })
    const proxy = await startProxy(Number(new URL(demo.node.url).port))
    const page = await openLive(demo.chromium, `http://127.0.0.1:${proxy.port}${path}`, { name: 'Dora' })
    await placeBid(demo.node, carl, { auctionId: id, amount: 1000 })
    await page.until(shows('price', '€10.00'))

    await proxy[Symbol.asyncDispose]()
    await page.until(`${textOf('connection')} === 'Reconnecting…'`)
    expect(await page.evaluate(CAN_BID)).toBe(false)
    for (const amount of [2000, 3000, 4000]) await placeBid(demo.node, carl, { auctionId: id, amount })
    await using _again = await startProxy(Number(new URL(demo.node.url).port), proxy.port)

    // Of the bids, and of the ranking that they changed.
    await page.until(`/^Caught up, [3-9] entries missed$/.test(${textOf('connection')})`, 25_000)
    expect(await page.evaluate(PRICES)).toEqual(['€40.00', '€30.00', '€20.00', '€10.00'])
    await page.click('#quick')
    await page.until(`${textOf('leader')} === 'You lead'`)
  }, 60_000)

  test('moves to the next lot when the one it showed ended meanwhile', async () => {
    const { id, path } = await makeSale(demo.node, demo.seller, ['A lost lot', 'A found lot'])
    await using proxy = await startProxy(Number(new URL(demo.node.url).port))
    const page = await openLive(demo.chromium, `http://127.0.0.1:${proxy.port}${path}`)
    await page.until(`${textOf('title')} === 'A lost lot'`)
    proxy.shut()
    await page.until(`${textOf('connection')} === 'Reconnecting…'`)
    const cancel = 'mutation ($id: ID!) { cancelAuction(auctionId: $id, reason: "Withdrawn") { __typename } }'
    await post(demo.node.url, cancel, { id }, demo.seller)
    proxy.open()
    await page.until(`${textOf('leader')} === 'Cancelled'`, 25_000)
    await page.until(`${textOf('title')} === 'A found lot'`)
  }, 60_000)

  test('notices by itself when the network swallows everything', async () => {
    const { id, path } = await makeSale(demo.node, demo.seller, ['A muffled lot'])
    await using proxy = await startProxy(Number(new URL(demo.node.url).port))
    const page = await openLive(demo.chromium, `http://127.0.0.1:${proxy.port}${path}`)
    proxy.swallow()
    await placeBid(demo.node, await demo.node.token('carl'), { auctionId: id, amount: 1000 })
    await page.until(`${textOf('connection')} === 'Reconnecting…'`, 15_000)
    proxy.heal()
    await page.until(shows('price', '€10.00'), 15_000)
  }, 60_000)
})
