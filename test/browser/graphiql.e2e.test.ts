import { buildSchema, parse, validate } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EXAMPLES } from '../../src/transport/http/graphiql-examples.ts'
import { type Chromium, type Page, startChromium } from '../support/chromium.ts'
import { OWN_SECRET, startNode, type TestNode } from '../support/node.ts'
import { makeAuction, makeRoom, placeBid } from '../support/rooms.ts'

const INSTALLING_MS = 300_000

let node: TestNode
let chromium: Chromium
beforeAll(async () => {
  ;[node, chromium] = await Promise.all([startNode({ env: OWN_SECRET }), startChromium()])
}, INSTALLING_MS)
afterAll(async () => {
  await chromium?.[Symbol.asyncDispose]()
  await node?.[Symbol.asyncDispose]()
})

const RESPONSE = `(document.querySelector('.graphiql-response .view-lines')?.innerText ?? '').replaceAll('\\u00a0', ' ')`

/** GraphiQL in a tab of its own, ready to be typed into. */
async function openGraphiql(hash = '', browser = chromium): Promise<Page> {
  const page = await browser.newPage()
  await page.resize(1280, 800)
  await page.goTo(`${node.url}/graphql${hash}`)
  await page.until(`document.querySelector('.graphiql-query-editor textarea')`)
  return page
}

/** Runs `operation`, which has the name `name`, in a tab of its own: its title tells that GraphiQL has read it. */
async function runOperation(page: Page, name: string, operation: string): Promise<void> {
  await page.click('.graphiql-tab-add')
  await page.until(`document.querySelector('.graphiql-query-editor .view-lines')?.innerText.trim() === ''`)
  await page.fill('.graphiql-query-editor textarea', operation)
  await page.until(`document.querySelector('.graphiql-tab-active')?.innerText.trim() === '${name}'`)
  await page.click('.graphiql-execute-button')
}

describe('GraphiQL, opened for the first time', () => {
  test('has a tab for each example, and runs the first as a visitor', async () => {
    // Of its own: a browser keeps tabs, and other tests have opened some.
    await using browser = await startChromium()
    const page = await openGraphiql('', browser)
    const titles = `[...document.querySelectorAll('.graphiql-tab-button')].map((tab) => tab.innerText.trim())`
    await page.until(`${titles}.length === ${EXAMPLES.length}`)
    expect(await page.evaluate(titles)).toEqual([
      'Lots',
      'Bids',
      'Join',
      'Messages',
      'Presence',
      'Notifications',
    ])
    await page.click('.graphiql-tab button')
    await page.until(`document.querySelector('.graphiql-tab-active')?.innerText.trim() === 'Lots'`)
    await page.click('.graphiql-execute-button')
    await page.until(`${RESPONSE}.includes('"auctions"')`)
  })

  test.each(
    EXAMPLES.map(({ query, variables }) => [
      /\w+ (\w+)/.exec(query.replace(/^#.*$/gm, ''))?.[1],
      query,
      variables,
    ]),
  )(
    '%s is valid for the schema, and what variables it has are JSON',
    async (_name, query = '', variables = '{}') => {
      const schema = buildSchema(await (await fetch(`${node.url}/schema.graphql`)).text())
      expect(validate(schema, parse(query)).map(({ message }) => message)).toEqual([])
      expect(JSON.parse(variables)).toBeTypeOf('object')
    },
  )
})

describe('GraphiQL, opened with a token', () => {
  test('runs queries and subscriptions as its user, and asks nobody but this server', async () => {
    const seller = await node.token('seller')
    const roomId = await makeRoom(node, seller, { visibility: 'MEMBERS' })
    const auctionId = await makeAuction(node, seller, roomId)
    const page = await openGraphiql(`#token=${await node.token('seller', { name: 'Sally' })}`)
    expect(await page.evaluate('location.hash')).toBe('')
    await page.until(
      `document.querySelector('#token-state').textContent.startsWith('Signed in as Sally until')`,
    )

    await runOperation(page, 'Who', 'query Who { viewer { user { id name } } }')
    await page.until(`${RESPONSE}.includes('"name": "Sally"')`)

    const bids = `subscription Bids { bids(auctionId: "${auctionId}") { __typename } }`
    await runOperation(page, 'Bids', bids)
    await page.until(`${RESPONSE}.includes('"AuctionSnapshot"')`)

    expect(page.requested.filter((url) => new URL(url).host !== new URL(node.url).host)).toEqual([])
    expect(page.requested.filter((url) => url.includes('token='))).toEqual([])
    expect(page.faults).toEqual([])
  })
})

describe('The page of GraphiQL', () => {
  test('comes compressed, and not again to a browser that has it', async () => {
    const accept = { accept: 'text/html', 'accept-encoding': 'br' }
    const { headers, body } = await fetch(`${node.url}/graphql`, { headers: accept })
    await body?.cancel()
    expect(headers.get('content-encoding')).toBe('br')
    expect(Number(headers.get('content-length'))).toBeLessThan(2_500_000)
    const again = { ...accept, 'if-none-match': headers.get('etag') ?? '' }
    expect((await fetch(`${node.url}/graphql`, { headers: again })).status).toBe(304)
  })
})

describe('GraphiQL, opened without a token', () => {
  test('runs a subscription as a visitor, and shows what comes', async () => {
    const seller = await node.token('seller')
    const auctionId = await makeAuction(node, seller, await makeRoom(node, seller))
    const page = await openGraphiql()
    const bids = `subscription Bids { bids(auctionId: "${auctionId}") { ... on BidPlaced { bid { amount } } } }`
    await runOperation(page, 'Bids', bids)
    await page.until(`document.querySelector('.graphiql-execute-button[aria-label^="Stop"]')`)
    await page.until(`${RESPONSE}.includes('bids')`)
    await placeBid(node, await node.token('ann'), { auctionId, amount: 7777 })
    await page.until(`${RESPONSE}.includes('"amount": 7777')`)
  })

  test('signs in with a token for the demo at a click, and reads a refused token to its user', async () => {
    const page = await openGraphiql()
    await page.until(`!document.querySelector('#demo-token').hidden`)
    await page.click('#demo-token')
    await page.until(
      `document.querySelector('#token-state').textContent.startsWith('Signed in as You until')`,
    )
    await runOperation(page, 'Who', 'query Who { viewer { user { name } } }')
    await page.until(`${RESPONSE}.includes('"name": "You"')`)

    await page.fill('#token', 'nonsense')
    await runOperation(page, 'Time', 'subscription Time { serverTime(everyMs: 1000) }')
    await page.until(
      `document.querySelector('#token-state').textContent.startsWith('The server refused the token')`,
    )
  })

  test('has its token in a bar that covers none of its controls, in light and in dark', async () => {
    const page = await openGraphiql()
    for (const isDark of [false, true]) {
      await page.resize(1280, 800, isDark)
      const [barEnd, start, end] = await page.evaluate<[number, number, number]>(`[
        document.querySelector('#token-bar').getBoundingClientRect().bottom,
        document.querySelector('.graphiql-container').getBoundingClientRect().top,
        document.querySelector('.graphiql-container').getBoundingClientRect().bottom]`)
      expect(barEnd).toBeLessThanOrEqual(start)
      expect(end).toBe(800)
      await page.until(
        `getComputedStyle(document.body).color === '${isDark ? 'rgb(183, 194, 215)' : 'rgb(59, 75, 104)'}'`,
      )
    }
  })
})
