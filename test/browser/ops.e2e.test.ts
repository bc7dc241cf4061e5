import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findingsIn } from '../support/axe.ts'
import { type Chromium, type Page, startChromium } from '../support/chromium.ts'
import { connect, record } from '../support/graphql-client.ts'
import { OWN_SECRET, startNode, type TestNode } from '../support/node.ts'
import { makeRoom } from '../support/rooms.ts'

const INSTALLING_MS = 300_000
const MESSAGES = 'subscription ($roomId: ID!) { messages(roomId: $roomId) { __typename } }'
const ANNOUNCEMENTS = `subscription { announcements { __typename
  ... on AnnouncementPublished { announcement { title severity audience } } } }`

let node: TestNode
let chromium: Chromium
beforeAll(async () => {
  ;[node, chromium] = await Promise.all([startNode({ env: OWN_SECRET }), startChromium()])
}, INSTALLING_MS)
afterAll(async () => {
  await chromium?.[Symbol.asyncDispose]()
  await node?.[Symbol.asyncDispose]()
})

const shown = (selector: string): string => `(document.querySelector('${selector}')?.innerText ?? '')`

async function openPage(): Promise<Page> {
  const page = await chromium.newPage()
  await page.resize(1280, 900)
  await page.goTo(`${node.url}/ops`)
  return page
}

async function signIn(page: Page, token: string): Promise<void> {
  await page.until(`!document.querySelector('#sign-in').hidden`)
  await page.fill('#token', token)
  await page.click('#sign-in-form [type=submit]')
}

describe('The operations page', () => {
  test('shows nothing to who is no administrator, and says why', async () => {
    const page = await openPage()
    await signIn(page, await node.token('ann'))
    await page.until(`${shown('#sign-in-answer')}.includes('administrators')`)
    expect(await page.evaluate(`document.querySelector('#signed-in').hidden`)).toBe(true)
  })

  test('shows what goes on, by room, and over the last minutes', async () => {
    const ann = await node.token('ann')
    const roomId = await makeRoom(node, ann)
    const client = connect(node.wsUrl, ann)
    const recording = record(client, MESSAGES, { roomId })
    await recording.take(1)
    const page = await openPage()
    await signIn(page, await node.token('olga', { roles: ['admin'] }))

    await page.until(`${shown('#state')} === 'Ready'`)
    await page.until(`${shown('#rooms')}.includes('${roomId}')`)
    expect(await page.evaluate(`${shown('#rooms')}.split('\\n')[0]`)).toMatch(/\t1\t1\t1\t1\t/)
    // A sample is taken every five seconds; the last one may be from before the subscription.
    await page.until(`document.querySelectorAll('svg.chart path[d^=M]').length > 3`, 20_000)
    await page.until(
      `/^Connections and Subscriptions: now 1 and 1/.test(document.querySelector('svg.chart').getAttribute('aria-label'))`,
      20_000,
    )
    expect(page.requested.filter((url) => new URL(url).host !== new URL(node.url).host)).toEqual([])
    expect(page.requested.filter((url) => url.includes('token='))).toEqual([])
    expect(page.faults).toEqual([])
    await client.dispose()
  }, 60_000)

  test('has nothing that axe would find, light and dark', async () => {
    const page = await openPage()
    expect(await findingsIn(page)).toEqual([])
    await signIn(page, await node.token('olga', { roles: ['admin'] }))
    await page.until(`${shown('#state')} === 'Ready'`)
    for (const isDark of [false, true]) {
      await page.resize(1280, 900, isDark)
      expect(await findingsIn(page)).toEqual([])
    }
  })

  test('announces, and disconnects a user', async () => {
    const ben = await node.token('ben')
    const client = connect(node.wsUrl, ben)
    const closings: number[] = []
    client.on('closed', (event) => closings.push((event as { readonly code: number }).code))
    const heard = record<object>(client, ANNOUNCEMENTS, {})
    await heard.take(1)
    const page = await openPage()
    await signIn(page, await node.token('olga', { roles: ['admin'] }))
    await page.until(`${shown('#state')} === 'Ready'`)

    await page.fill('#announce [name=title]', 'Closing soon')
    await page.fill('#announce [name=body]', 'At six.')
    // Not by a click at a place: rooms that come and go move what is below them.
    await page.evaluate(`document.querySelector('#announce').requestSubmit()`)
    await page.until(`${shown('#announce-answer')} === 'Announced: Closing soon'`)
    const [, announced] = await heard.take(2)
    expect(announced).toMatchObject({
      announcement: { title: 'Closing soon', severity: 'INFO', audience: 'GLOBAL' },
    })

    await page.fill('#revoke [name=userId]', 'ben')
    await page.fill('#revoke [name=reason]', 'noise')
    await page.evaluate(`document.querySelector('#revoke').requestSubmit()`)
    await page.until(`${shown('#revoke-answer')} === 'ben was disconnected'`)
    await expect.poll(() => closings).toContain(4401)
    await client.dispose()
  }, 60_000)
})
