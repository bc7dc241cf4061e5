import { beforeAll, describe, expect, test } from 'vitest'
import type { Page } from '../support/chromium.ts'
import { post } from '../support/graphql-client.ts'
import { CAN_BID, makeSale, openLive, PRICES, shows, signIn, textOf, useDemo } from '../support/live.ts'
import { makeRoom, placeBid } from '../support/rooms.ts'

const demo = useDemo()
/** The token of a service. */
let service: string
beforeAll(async () => {
  service = await demo.node.token('engine', { roles: ['service'] })
})

const submit = (form: string): string => `document.querySelector('${form}').requestSubmit()`
const answerIn = (place: string): string => `document.querySelector('${place} output').textContent`
/** Clicks the button that says so, wherever it stands, once it is there. */
async function press(page: Page, place: string, words: string): Promise<void> {
  const buttons = `[...document.querySelectorAll('${place} button')]`
  const found = `${buttons}.find((button) => button.textContent === '${words}')`
  await page.until(`${found} !== undefined`)
  await page.evaluate(`${found}.click()`)
}
const rowsOf = (id: string): string =>
  `[...document.querySelectorAll('#${id} tbody tr')].map((row) => [...row.cells].map((cell) => cell.textContent))`

describe('a bidder whose bid is older than all that the page lists', () => {
  test('is outbid after a reload as well', async () => {
    const { path, id } = await makeSale(demo.node, demo.seller, ['A mirror'])
    const ben = await openLive(demo.chromium, demo.node.url + path, { name: 'Ben' })
    await ben.click('#quick')
    await ben.until(`${textOf('leader')} === 'You lead'`)
    const rivals = [
      await demo.node.token('carl', { name: 'Carl' }),
      await demo.node.token('dora', { name: 'Dora' }),
    ]
    for (let each = 1; each <= 24; each += 1) {
      await placeBid(demo.node, rivals[each % 2] ?? '', { auctionId: id, amount: each * 10_000 })
    }
    await ben.until(`${textOf('leader')} === 'Carl leads, you were outbid'`)
    await ben.evaluate('location.reload()')
    await ben.until(`document.querySelectorAll('#bids li').length === 20`)
    await ben.until(`${textOf('leader')} === 'Carl leads, you were outbid'`)
  })
})

describe("The auctioneer's console", () => {
  test('is for auctioneers alone', async () => {
    const { path } = await makeSale(demo.node, demo.seller, ['A vase'])
    const ann = await openLive(demo.chromium, demo.node.url + path, { name: 'Ann' })
    expect(await ann.evaluate(`document.querySelector('#console')`)).toBeNull()
  })

  test('puts up lots, pauses and resumes them, voids bids, lets the hammer fall', async () => {
    const { path, id } = await makeSale(demo.node, demo.seller, ['A vase'])
    const ada = await openLive(demo.chromium, demo.node.url + path, { name: 'Ada', isAuctioneer: true })
    const ben = await openLive(demo.chromium, demo.node.url + path, { name: 'Ben' })

    await press(ada, '#lot-controls', 'Pause')
    await ben.until(`${textOf('countdown')} === 'Paused'`)
    expect(await ben.evaluate(CAN_BID)).toBe(false)
    await press(ada, '#lot-controls', 'Resume')
    await ben.until(CAN_BID)

    await placeBid(demo.node, await demo.node.token('carl', { name: 'Carl' }), {
      auctionId: id,
      amount: 1000,
    })
    await ben.until(shows('leader', 'Carl leads'))
    await ben.click('#quick')
    await ada.until(`${textOf('leader')} === 'Ben leads'`)
    await ada.until(`document.querySelectorAll('#void option').length === 2`)
    await ada.evaluate(`{ const bid = document.querySelector('#void select')
      bid.value = [...bid.options].find(({ textContent }) => textContent.includes('Ben')).value }`)
    await ada.fill('#void [name=reason]', 'A slip')
    await ada.evaluate(submit('#void'))
    expect(await ada.evaluate(textOf('confirm-title'))).toBe('Void: Ben, €10.50')
    await ada.click('#confirm-act')
    await ada.until(`${answerIn('#lot-controls')} === 'Voided: Ben, €10.50.'`)
    await ben.until(`${textOf('leader')} === 'Carl leads, your bids were voided'`)
    expect(await ben.evaluate(`document.querySelector('#bids .voided').innerText`)).toContain('voided')
    // Nothing still shows the earlier state.
    await ben.until(`${textOf('answer')} === '' && ${textOf('currency')} === 'in EUR'`)

    // Nothing ends by one click.
    await press(ada, '#lot-controls', 'Hammer…')
    expect(await ada.evaluate(textOf('confirm'))).toContain('Sells to Carl for €10.00.')
    await press(ada, '#confirm', 'Back')
    await ada.until(`document.querySelector('#confirm') === null`)
    expect(await ben.evaluate(textOf('leader'))).toBe('Carl leads, your bids were voided')
    await press(ada, '#lot-controls', 'Hammer…')
    await ada.click('#confirm-act')
    await ada.until(`${answerIn('#lot-controls')} === 'The hammer fell: A vase.'`)
    await ben.until(`${textOf('leader')} === 'Sold to Carl for €10.00'`)
    expect(await ben.evaluate(`document.querySelector('#bidding')`)).toBeNull()

    await ada.fill('#put-up [name=title]', 'A second vase')
    await ada.fill('#put-up [name=price]', '12.50')
    await ada.evaluate(submit('#put-up'))
    await ben.until(`${textOf('title')} === 'A second vase' && ${textOf('price')} === '€12.50'`)
    expect(await ben.evaluate(textOf('before'))).toBe('Before this: A vase. Sold to Carl for €10.00.')
    expect(await ada.evaluate(`document.querySelector('#put-up [name=title]').value`)).toBe('')
    // The new lot is the one that the console acts on.
    await ada.until(`document.querySelector('#lot-controls option:checked')?.textContent === 'A second vase'`)
    await press(ada, '#lot-controls', 'Cancel…')
    await ada.fill('#confirm [name=reason]', 'Broken.')
    await ada.click('#confirm-act')
    await ben.until(`${textOf('leader')} === 'Cancelled'`)
    await ada.until(`${answerIn('#lot-controls')} === 'Cancelled: A second vase.'`)
  })

  test('announces to the room, where everybody puts it away for themselves', async () => {
    const { path } = await makeSale(demo.node, demo.seller, ['A vase'])
    const ada = await openLive(demo.chromium, demo.node.url + path, { name: 'Ada', isAuctioneer: true })
    const ben = await openLive(demo.chromium, demo.node.url + path)
    await ada.fill('#announce [name=title]', 'A break')
    await ada.fill('#announce [name=body]', 'Until six.')
    await ada.evaluate(submit('#announce'))
    const banner = `document.querySelector('#announcements p')?.textContent`
    await ben.until(`${banner} === 'A break Until six.'`)
    await ben.evaluate(`document.querySelector('#announcements .dismiss').click()`)
    await ben.until(`${banner} === undefined`)
    await ben.evaluate('location.reload()')
    await ben.until(`${textOf('price')} !== ''`)
    await ada.until(`${banner} === 'A break Until six.'`)
    const elsewhere = await openLive(
      demo.chromium,
      demo.node.url + (await makeSale(demo.node, demo.seller, ['Other'])).path,
    )
    expect(await elsewhere.evaluate(`${banner} ?? null`)).toBeNull()
    expect(await ben.evaluate(`${banner} ?? null`)).toBeNull()
  })

  test('takes the word from somebody, and gives it back', async () => {
    const { path } = await makeSale(demo.node, demo.seller, ['A vase'])
    const ben = await openLive(demo.chromium, demo.node.url + path, { name: 'Ben' })
    const ada = await openLive(demo.chromium, demo.node.url + path, { name: 'Ada', isAuctioneer: true })
    await ada.until(`document.querySelector('#mute option')?.textContent === 'Ben'`)
    await ada.evaluate(submit('#mute'))
    await ada.until(`${answerIn('#mute')} === 'Muted for 5 min.'`)
    const say = async (words: string): Promise<void> => {
      await ben.fill('#message', words)
      await ben.evaluate(submit('#message-form'))
    }
    await say('Hello')
    await ben.until(`${textOf('message-answer')}.includes('muted')`)
    // What was not sent stays to be tried again.
    expect(await ben.evaluate(`document.querySelector('#message').value`)).toBe('Hello')
    await ada.fill('#mute [name=minutes]', '0')
    await ada.evaluate(submit('#mute'))
    await ada.until(`${answerIn('#mute')} === 'May speak again.'`)
    await say('Hello again')
    await ben.until(shows('chat', 'BenHello again'))
  })

  test('pauses the room', async () => {
    const { path } = await makeSale(demo.node, demo.seller, ['A vase'])
    const ada = await openLive(demo.chromium, demo.node.url + path, { name: 'Ada', isAuctioneer: true })
    await press(ada, '#room-controls', 'Pause the room')
    await ada.until(`document.querySelector('#room-controls p').textContent === 'A room is paused.'`)
    await press(ada, '#room-controls', 'Resume the room')
    await ada.until(`document.querySelector('#room-controls p').textContent === 'A room is open.'`)
  })
})

describe('Who has a wallet', () => {
  test('sees what a bid holds, and that it is released by a higher one', async () => {
    const { path, id } = await makeSale(demo.node, demo.seller, ['A funded lot'], { funded: true })
    const page = await openLive(demo.chromium, demo.node.url + path, { name: 'Rich' })
    await page.until(`${textOf('wallet')} === 'Your wallet: €0.00 to spend'`)
    await page.click('#quick')
    await page.until(`${textOf('answer')} === 'You can spend €0.00; this needs €5.00.'`)

    const [userId, poor] = [await idOf(page), await demo.node.token('poor')]
    for (const to of [userId, 'poor']) await credit(to, 10_000)
    await page.click('#quick')
    await page.until(`${textOf('wallet')} === 'Your wallet: €95.00 to spend, €5.00 held'`)
    await placeBid(demo.node, poor, { auctionId: id, amount: 1000 })
    await page.until(`${textOf('wallet')} === 'Your wallet: €100.00 to spend'`)
  })
})

const idOf = (page: Page): Promise<string> =>
  page.evaluate(`JSON.parse(sessionStorage.getItem('rostrum-identity')).id`)

async function credit(userId: string, amount: number): Promise<void> {
  const document = `mutation ($userId: ID!, $amount: Amount!, $key: String!) {
    creditWallet(userId: $userId, amount: $amount, currency: "EUR", idempotencyKey: $key) { __typename }
  }`
  const { data } = await post(demo.node.url, document, { userId, amount, key: `credit ${userId}` }, service)
  expect(data).toEqual({ creditWallet: { __typename: 'WalletPayload' } })
}

describe('The list of rooms', () => {
  test('leads to another room and back without reloading the page', async () => {
    const { roomId, path } = await makeSale(demo.node, demo.seller, ['A vase'])
    const page = await openLive(demo.chromium, demo.node.url + path, { name: 'Ann' })
    await page.evaluate('window.isSamePage = true')
    await page.click('#rooms-button')
    const link = `[...document.querySelectorAll('#rooms a')].find((link) => link.textContent === 'Demo saleroom')`
    await page.until(`${link} !== undefined`)
    await page.evaluate(`${link}.click()`)
    await page.until(`${textOf('room')} === 'Demo saleroom' && ${PRICES}.length > 0`)
    await page.until(`document.title === 'Demo saleroom – Rostrum'`)
    expect(await page.evaluate('location.search')).toBe('?room=room_demo')
    await page.evaluate('history.back()')
    await page.until(`${textOf('title')} === 'A vase'`)
    expect(await page.evaluate('[location.search, window.isSamePage]')).toEqual([`?room=${roomId}`, true])
  })

  test('takes nobody along as a member to a room that lets nobody in', async () => {
    const { path } = await makeSale(demo.node, demo.seller, ['A vase'])
    const closed = await makeRoom(demo.node, demo.seller, { name: 'A closed room', kind: 'CHAT' })
    const end = 'mutation ($id: ID!) { endRoom(roomId: $id) { __typename } }'
    expect((await post(demo.node.url, end, { id: closed }, demo.seller)).data).toEqual({
      endRoom: { __typename: 'RoomPayload' },
    })
    const page = await openLive(demo.chromium, demo.node.url + path, { name: 'Ann' })
    await page.click('#rooms-button')
    const link = `document.querySelector('#rooms a[href*="${closed}"]')`
    await page.until(`${link} !== null`)
    await page.evaluate(`${link}.click()`)
    await page.until(`${textOf('room')} === 'A closed room'`)
    await page.until(`document.querySelector('#message')?.disabled === true`)
    await page.until(`${textOf('message-answer')} === 'The room has ended.'`)
  })

  test('is not needed to be told that a room is none', async () => {
    const page = await demo.chromium.newPage()
    await page.goTo(`${demo.node.url}/?room=nowhere`)
    await page.until(`document.querySelector('#refused h1')?.textContent === 'There is no such room'`)
  })
})

describe('A room to talk in', () => {
  test('is talk and people', async () => {
    const roomId = await makeRoom(demo.node, demo.seller, { name: 'The hall', kind: 'CHAT' })
    const page = await demo.chromium.newPage()
    await page.goTo(`${demo.node.url}/?room=${roomId}`)
    await signIn(page, 'Ann')
    await page.until(`document.querySelector('h1').textContent === 'The hall'`)
    await page.fill('#message', 'Anybody?')
    await page.evaluate(submit('#message-form'))
    await page.until(shows('chat', 'AnnAnybody?'))
    await page.until(`${textOf('people')} === '1 hereyou'`)
  })
})

describe('A trade room', () => {
  test('shows orders, positions, portfolios and the ranking as they are reported', async () => {
    const disclosure = 'ROOM'
    const roomId = await makeRoom(demo.node, demo.seller, { name: 'The floor', kind: 'TRADE', disclosure })
    const page = await demo.chromium.newPage()
    await page.goTo(`${demo.node.url}/?room=${roomId}`)
    await signIn(page, 'Ann')
    const report = async (field: string, type: string, input: object): Promise<void> => {
      const document = `mutation ($input: ${type}!) { ${field}(input: $input) { __typename ... on Rejected { reason } } }`
      const { data } = await post(
        demo.node.url,
        document,
        { input: { roomId, userId: 'zoe', ...input } },
        service,
      )
      expect(JSON.stringify(data)).not.toContain('Rejected')
    }
    const order = { orderId: 'o1', symbol: 'OAK', side: 'BUY', type: 'LIMIT', quantity: 10, limitPrice: 2400 }
    await report('reportOrder', 'ReportOrderInput', { ...order, executionId: 'e1', executionType: 'NEW' })
    await page.until(`${rowsOf('orders')}.length === 1`)
    expect(await page.evaluate(rowsOf('orders'))).toEqual([
      ['zoe', 'Buy 10 OAK for 2,400', '0 of 10', '–', 'open'],
    ])
    const trade = { executionId: 'e2', executionType: 'TRADE', lastQuantity: 4, lastPrice: 2390 }
    await report('reportOrder', 'ReportOrderInput', { ...order, ...trade })
    await page.until(`${rowsOf('orders')}[0][4] === 'partly filled'`)
    expect(await page.evaluate(rowsOf('orders'))).toEqual([
      ['zoe', 'Buy 10 OAK for 2,400', '4 of 10', '2,390', 'partly filled'],
    ])
    await page.until(`${rowsOf('positions')}.length === 1`)
    await report('reportPosition', 'ReportPositionInput', {
      ...{ symbol: 'OAK', quantity: 4, averageEntryPrice: 2390, markPrice: 2500, realizedPnl: -7 },
    })
    await page.until(`${rowsOf('positions')}[0][5] === '+440'`)
    expect(await page.evaluate(rowsOf('positions'))).toEqual([
      ['zoe', 'OAK', '4', '2,390', '2,500', '+440', '-7'],
    ])
    await report('reportPortfolio', 'ReportPortfolioInput', {
      ...{ cash: 1000, equity: 11_000, unrealizedPnl: 440, realizedPnl: -7 },
    })
    await page.until(`${rowsOf('portfolios')}.length === 1`)
    expect(await page.evaluate(rowsOf('portfolios'))).toEqual([['zoe', '11,000', '1,000', '+440', '-7']])

    const scores = `mutation ($roomId: ID!, $scores: [ScoreInput!]!) {
      reportScores(roomId: $roomId, scores: $scores) { __typename }
    }`
    const given = [
      { userId: 'zoe', score: 11_000 },
      { userId: 'yan', score: 12_000 },
    ]
    await post(demo.node.url, scores, { roomId, scores: given }, service)
    await page.until(`document.querySelectorAll('#ranking li').length === 2`)
    expect(await page.evaluate(`document.querySelector('#ranking li').innerText`)).toMatch(/1\s+yan\s+12,000/)
    expect(page.faults).toEqual([])
  })
})
