import { setTimeout as pause } from 'node:timers/promises'
import { beforeAll, describe, expect, test } from 'vitest'
import { findingsIn } from '../support/axe.ts'
import type { Page } from '../support/chromium.ts'
import { post } from '../support/graphql-client.ts'
import { CAN_BID, makeSale, openLive, shows, signIn, textOf, useDemo } from '../support/live.ts'
import { startProxy } from '../support/proxy.ts'
import { placeBid } from '../support/rooms.ts'

const demo = useDemo()
let admin: string
beforeAll(async () => {
  admin = await demo.node.token('root', { roles: ['admin'] })
})

async function run(
  text: string,
  variables: Readonly<Record<string, unknown>>,
  token = demo.seller,
): Promise<void> {
  const { errors } = await post(demo.node.url, text, variables, token)
  expect(errors).toBeUndefined()
}

const idOf = (page: Page): Promise<string> =>
  page.evaluate(`JSON.parse(sessionStorage.getItem('rostrum-identity')).id`)

/** Answers token requests with `window.tokenStatus`, where that is set. */
const FAILING_TOKENS = `{ const plain = window.fetch
  window.tokenStatus = Number(sessionStorage.getItem('token-status') ?? 0)
  window.fetch = (url, options) => String(url) === '/dev/token' && options?.method === 'POST' && window.tokenStatus !== 0
    ? Promise.resolve(new Response('{}', { status: window.tokenStatus }))
    : plain(url, options) }`

describe('A session whose token is not renewed', () => {
  test('ends with words, and a form to sign in again with the same name', async () => {
    const { path } = await makeSale(demo.node, demo.seller, ['A vase'])
    const page = await openLive(demo.chromium, demo.node.url + path, { name: 'Ann', script: FAILING_TOKENS })
    // The next page of the tab asks for a token, and is refused.
    await page.evaluate(`sessionStorage.setItem('token-status', '401')`)
    await page.evaluate('location.reload()')
    await page.until(shows('session-ended', 'Your session has ended.'))
    await page.until(`document.querySelector('#name')?.value === 'Ann'`)
    expect(await page.evaluate(`document.querySelector('#sign-out')`)).toBeNull()
    await page.until(`${textOf('title')} === 'A vase'`)
    await page.evaluate(`window.tokenStatus = 0`)
    await signIn(page, 'Ann')
    await page.until(CAN_BID)
  })

  test('ends as well where the refusal comes with a lost connection', async () => {
    const { path } = await makeSale(demo.node, demo.seller, ['A vase'])
    await using proxy = await startProxy(Number(new URL(demo.node.url).port))
    const url = `http://127.0.0.1:${proxy.port}${path}`
    const page = await openLive(demo.chromium, url, { name: 'Ann', script: FAILING_TOKENS })
    proxy.shut()
    await page.until(`${textOf('connection')} === 'Reconnecting…'`)
    await page.evaluate(`window.tokenStatus = 403`)
    proxy.open()
    await page.until(shows('session-ended', 'Your session has ended.'), 30_000)
  }, 60_000)

  test('says that it waits where the server fails to issue one', async () => {
    const { path } = await makeSale(demo.node, demo.seller, ['A vase'])
    const page = await openLive(demo.chromium, demo.node.url + path, { name: 'Ann', script: FAILING_TOKENS })
    await page.evaluate(`sessionStorage.setItem('token-status', '500')`)
    await page.evaluate('location.reload()')
    await page.until(shows('connection', 'Signing in again…'))
    await page.until(shows('refused', 'The server answered 500.'))
    await page.evaluate(`window.tokenStatus = 0`)
    await page.until(CAN_BID, 30_000)
  })
})

describe('A user', () => {
  test('a revoked user is told so, and can keep watching', async () => {
    const { path } = await makeSale(demo.node, demo.seller, ['A vase'])
    const page = await openLive(demo.chromium, demo.node.url + path, { name: 'Ann' })
    const revoke = 'mutation ($id: ID!) { revokeUser(userId: $id, reason: "Fraud") }'
    await run(revoke, { id: await idOf(page) }, admin)
    await page.until(`document.querySelector('#refused h1')?.textContent === 'Your session has ended'`)
    expect(await page.evaluate(textOf('refused'))).toContain('The user was revoked')
    expect(await page.evaluate(textOf('connection'))).toBe('Disconnected')
    await page.click('#watch-on')
    await page.until(`${textOf('title')} === 'A vase'`)
  })

  test('a removed member sees why, and can neither bid nor write', async () => {
    const { roomId, path } = await makeSale(demo.node, demo.seller, ['A vase'])
    const page = await openLive(demo.chromium, demo.node.url + path, { name: 'Ann' })
    await page.until(CAN_BID)
    const remove = `mutation ($roomId: ID!, $id: ID!) {
      removeMember(roomId: $roomId, userId: $id, reason: "Abuse") { __typename } }`
    await run(remove, { roomId, id: await idOf(page) })
    await page.until(`${textOf('answer')} === 'You were removed from this room: Abuse'`)
    expect(await page.evaluate(CAN_BID)).toBe(false)
    expect(await page.evaluate(`document.querySelector('#message').disabled`)).toBe(true)
    await page.goTo(demo.node.url + path)
    await page.until(shows('answer', 'You were removed from this room'))
    const add = `mutation ($roomId: ID!, $id: ID!) { addMember(roomId: $roomId, userId: $id) { __typename } }`
    await run(add, { roomId, id: await idOf(page) })
    await page.until(CAN_BID)
  })
})

describe('A refused bid', () => {
  test('stays explained while others bid', async () => {
    const { id, path } = await makeSale(demo.node, demo.seller, ['A vase'], { funded: true })
    const page = await openLive(demo.chromium, demo.node.url + path, { name: 'Poor' })
    await page.until(CAN_BID)
    await page.click('#quick')
    await page.until(shows('answer', 'You can spend €0.00'))
    const credit = `mutation { creditWallet(userId: "rich", amount: 100000, currency: "EUR", idempotencyKey: "rich") { __typename } }`
    await run(credit, {}, await demo.node.token('engine', { roles: ['service'] }))
    await placeBid(demo.node, await demo.node.token('rich', { name: 'Rich' }), {
      auctionId: id,
      amount: 1_000,
    })
    await page.until(shows('leader', 'Rich leads'))
    expect(await page.evaluate(textOf('answer'))).toContain('You can spend €0.00')
  })

  test('for an amount that no amount can be says what to type', async () => {
    const { path } = await makeSale(demo.node, demo.seller, ['A vase'])
    const page = await openLive(demo.chromium, demo.node.url + path, { name: 'Ann' })
    await page.until(CAN_BID)
    await page.fill('#ceiling', '99999999999999999')
    await page.click('#ceiling-button')
    await page.until(`${textOf('answer')} === 'Type an amount such as 5.00.'`)
  })
})

describe('On a phone', () => {
  test('the bid button stays where it is when a late bid extends the end', async () => {
    const { id, path } = await makeSale(demo.node, demo.seller, ['A vase'], {
      endsAt: new Date(Date.now() + 60_000).toISOString(),
      softClose: { windowMs: 120_000, extensionMs: 180_000, capMs: 600_000 },
    })
    const page = await openLive(demo.chromium, demo.node.url + path, { name: 'Ann' })
    await page.resize(390, 844)
    const TOP = `document.querySelector('#quick').getBoundingClientRect().top`
    const before = await page.evaluate(TOP)
    await placeBid(demo.node, await demo.node.token('carl', { name: 'Carl' }), {
      auctionId: id,
      amount: 1_000,
    })
    await page.until(shows('countdown-label', 'extended 1×'))
    expect(await page.evaluate(TOP)).toBe(before)
  })
})

/** Two sentences of an announcement, in a room with a long name. */
const LONG = 'The auction house has to be evacuated. Please leave by the doors on the left. '.repeat(5)

describe.each([
  ['a phone', 390, 844, '100%'],
  ['a tablet', 1024, 768, '100%'],
  ['a desk', 1440, 900, '100%'],
  ['a desk with text of twice the size', 1440, 900, '200%'],
  ['a phone with text of twice the size', 390, 844, '200%'],
] as const)('On %s, a long announcement', (_, width, height, size) => {
  test('takes one line until it is opened, covers nothing, and moves nothing when it comes', async () => {
    const { roomId, path } = await makeSale(demo.node, demo.seller, ['A vase'])
    await run(
      'mutation ($id: ID!, $name: String!) { updateRoom(input: { roomId: $id, name: $name }) { __typename } }',
      {
        id: roomId,
        name: 'The evening sale of important furniture, sculpture and works of art from three private collections',
      },
    )
    const page = await openLive(demo.chromium, demo.node.url + path, { name: 'Ann' })
    await page.evaluate(`document.documentElement.style.fontSize = '${size}'`)
    await page.resize(width, height)
    const TITLE = `document.querySelector('#title').getBoundingClientRect().top`
    await pause(200)
    const before = await page.evaluate<number>(TITLE)
    const publish = `mutation ($input: PublishAnnouncementInput!) { publishAnnouncement(input: $input) { __typename } }`
    const text = { title: 'Evacuation', body: LONG, severity: 'CRITICAL' }
    await run(publish, { input: { roomId, audience: 'ROOM', idempotencyKey: `${roomId}`, ...text } })
    await page.until(`document.querySelector('.banner') !== null`)
    if (size === '100%') expect(await page.evaluate(TITLE)).toBe(before)
    const shape = await page.evaluate<{ width: number; height: number; line: number }>(`(() => {
      const { width, height } = document.querySelector('.banner').getBoundingClientRect()
      return { width, height, line: parseFloat(getComputedStyle(document.documentElement).fontSize) * 1.5 } })()`)
    expect(shape.width).toBeGreaterThan(200)
    expect(shape.height).toBeLessThan(shape.line * 4)
    const isCovered = `(() => { const { bottom } = document.querySelector('.strip').getBoundingClientRect()
      return bottom > ${TITLE} })()`
    expect(await page.evaluate(isCovered)).toBe(false)
    expect(await findingsIn(page)).toEqual([])
    await page.evaluate(`document.querySelector('.banner button').click()`)
    await page.until(
      `document.querySelector('.banner.open p').scrollWidth <= document.querySelector('.banner.open p').clientWidth`,
    )
    expect(await page.evaluate(isCovered)).toBe(false)
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
  })
})
