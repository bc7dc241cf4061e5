import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { findingsIn } from '../support/axe.ts'
import { type Chromium, type Page, startChromium } from '../support/chromium.ts'
import { connect, post, record } from '../support/graphql-client.ts'
import { OWN_SECRET, startNode, type TestNode } from '../support/node.ts'
import { startProxy, type TcpProxy } from '../support/proxy.ts'
import { makeRoom } from '../support/rooms.ts'
import { signToken } from '../support/tokens.ts'

const INSTALLING_MS = 300_000
const PATIENT_MS = 20_000
const MESSAGES = 'subscription ($roomId: ID!) { messages(roomId: $roomId) { __typename } }'
const ANNOUNCEMENTS = `subscription { announcements { __typename
  ... on AnnouncementPublished { announcement { title severity audience publishedAt expiresAt } }
  ... on AnnouncementRetracted { announcement { title } } } }`
const PUBLISH = `mutation ($input: PublishAnnouncementInput!) { publishAnnouncement(input: $input) {
  ... on AnnouncementPayload { announcement { id } } ... on Rejected { reason } } }`

/** Issues tokens for development. */
let node: TestNode
let proxy: TcpProxy
/** Trusts tokens that the tests sign. */
let strict: TestNode
let chromium: Chromium
beforeAll(async () => {
  ;[node, strict, chromium] = await Promise.all([
    startNode({ env: OWN_SECRET }),
    startNode(),
    startChromium(),
  ])
  proxy = await startProxy(Number(new URL(node.url).port))
}, INSTALLING_MS)
afterEach(async () => {
  proxy.heal()
  proxy.open()
  await chromium.closePages()
})
afterAll(async () => {
  await chromium?.[Symbol.asyncDispose]()
  await proxy?.[Symbol.asyncDispose]()
  await node?.[Symbol.asyncDispose]()
  await strict?.[Symbol.asyncDispose]()
})

const shown = (selector: string): string => `(document.querySelector('${selector}')?.innerText ?? '')`
const isReady = `${shown('#state')} === 'Ready'`
const isSignedOut = `!document.querySelector('#sign-in').hidden && document.querySelector('#signed-in').hidden`

async function openPage(url = node.url): Promise<Page> {
  const page = await chromium.newPage()
  await page.resize(1280, 900)
  await page.goTo(`${url}/ops`)
  return page
}

async function signIn(page: Page, token: string): Promise<void> {
  await page.until(`!document.querySelector('#sign-in').hidden`)
  await page.fill('#token', token)
  await page.click('#sign-in-form [type=submit]')
}

async function openAsOlga(url = node.url): Promise<Page> {
  const page = await openPage(url)
  await signIn(page, await node.token('olga', { name: 'Olga', roles: ['admin'] }))
  await page.until(isReady)
  return page
}

async function choose(page: Page, selector: string, value: string): Promise<void> {
  await page.evaluate(`(() => { const field = document.querySelector('${selector}')
    field.value = '${value}'; field.dispatchEvent(new Event('change')) })()`)
}

/** Not by a click at a place: rooms that come and go move what is below them. */
const submit = (page: Page, form: string): Promise<void> =>
  page.evaluate(`document.querySelector('${form}').requestSubmit()`)
const press = (page: Page, selector: string): Promise<void> =>
  page.evaluate(`document.querySelector('${selector}').click()`)

async function fillAnnouncement(page: Page, title: string): Promise<void> {
  await page.fill('#announce [name=title]', title)
  await page.fill('#announce [name=body]', 'At six.')
}

async function askToDisconnect(page: Page, userId: string): Promise<string> {
  await page.fill('#revoke [name=userId]', userId)
  await page.fill('#revoke [name=reason]', 'noise')
  await submit(page, '#revoke')
  await page.until(`document.querySelector('#confirm').open`)
  return page.evaluate(shown('#confirm'))
}

/** A connection of its own that lasts for one test. */
function connectAs(token: string): ReturnType<typeof connect> {
  const client = connect(node.wsUrl, token)
  onTestFinished(async () => client.dispose())
  return client
}

interface Heard {
  readonly __typename: string
  readonly announcement?: {
    readonly title: string
    readonly publishedAt: string
    readonly expiresAt: string | null
  }
}

async function hearAnnouncements(): Promise<ReturnType<typeof record<Heard>>> {
  const heard = record<Heard>(connectAs(await node.token('ben')), ANNOUNCEMENTS)
  await heard.take(1)
  return heard
}

describe('Signing in to the operations page', () => {
  test('shows nothing to non-administrators, and says why', async () => {
    const page = await openPage()
    await signIn(page, await node.token('ann'))
    await page.until(`${shown('#sign-in-answer')}.includes('administrators')`)
    expect(await page.evaluate(isSignedOut)).toBe(true)
  })

  test('shows who is signed in, until they sign out, which forgets the token', async () => {
    const page = await openAsOlga()
    await page.until(`${shown('#viewer')}.endsWith('signed in as Olga (olga)')`)
    await page.click('#sign-out')
    await page.until(isSignedOut)
    expect(await page.evaluate(shown('#sign-in-answer'))).toContain('You signed out.')
    expect(await page.evaluate('sessionStorage.length')).toBe(0)
    expect(await page.evaluate(`document.activeElement.id`)).toBe('token')
    expect(await page.evaluate('document.body.innerText')).not.toContain('Olga')
    await page.goTo(`${node.url}/ops`)
    await page.until(isSignedOut)
  })

  test('asks for another token when the token expires', async () => {
    const page = await openPage(strict.url)
    await signIn(page, await signToken('olga', { lifetimeMs: 5_000, claims: { roles: ['admin'] } }))
    await page.until(isReady)
    await page.until(`${shown('#announcements')} === 'No announcement is in force.'`)
    await page.until(isSignedOut)
    expect(await page.evaluate(shown('#sign-in-answer'))).toBe(
      'The token has expired. Sign in with another token.',
    )
    expect(await page.evaluate('sessionStorage.length')).toBe(0)
  })
})

describe('The figures of the operations page', () => {
  test('show the load of the node, by room, and over the last minutes', async () => {
    const ann = await node.token('ann')
    const roomId = await makeRoom(node, ann, { name: 'The saleroom' })
    await record(connectAs(ann), MESSAGES, { roomId }).take(1)
    const page = await openAsOlga()

    await page.until(`${shown('#rooms')}.includes('${roomId}')`)
    await page.until(`${shown('#rooms')}.includes('The saleroom')`)
    const row = await page.evaluate<string>(shown('#rooms'))
    expect(row).toMatch(/^The saleroom\s+room_\w+\s+1\t1\t1\t1\t/)
    // A sample is taken every five seconds; the last one may be from before the subscription.
    await page.until(`document.querySelectorAll('svg.chart path[d^=M]').length > 3`, PATIENT_MS)
    await page.until(
      `/^Connections and Subscriptions: now 1 and 1/.test(document.querySelector('svg.chart').getAttribute('aria-label'))`,
      PATIENT_MS,
    )
    expect(await page.evaluate(shown('#sampled'))).toMatch(/^last sample \d\d:\d\d:\d\d$/)
    expect(page.requested.filter((url) => new URL(url).host !== new URL(node.url).host)).toEqual([])
    expect(page.requested.filter((url) => url.includes('token='))).toEqual([])
    expect(page.faults).toEqual([])
  }, 60_000)

  test('say in words that no room has listeners', async () => {
    const page = await openAsOlga()
    await page.until(`${shown('#rooms')} === 'No room has listeners on this node now.'`, PATIENT_MS)
  }, 60_000)

  test.each(['shut', 'swallow'] as const)(
    'are marked as old while the connection is dead (%s), and recover',
    async (fault) => {
      const page = await openAsOlga(`http://127.0.0.1:${proxy.port}`)
      const isStale = `document.querySelector('#signed-in').classList.contains('stale')`
      const colour = `getComputedStyle(document.querySelector('.tiles dd')).color`
      const before = await page.evaluate<string>(colour)
      // A node that has just started has taken no sample yet.
      await page.until(`${shown('#sampled')}.startsWith('last sample')`, PATIENT_MS)
      proxy[fault]()
      await page.until(isStale, PATIENT_MS)
      expect(await page.evaluate(shown('#state'))).toMatch(
        /^No answer since \d\d:\d\d:\d\d; last sample \d\d:\d\d:\d\d\. Trying again\.$/,
      )
      expect(await page.evaluate(shown('#sampled'))).toMatch(/^not current: last sample \d\d:\d\d:\d\d$/)
      expect(await page.evaluate(colour)).not.toBe(before)
      expect(await findingsIn(page)).toEqual([])
      proxy.heal()
      proxy.open()
      await page.until(isReady, PATIENT_MS)
      expect(await page.evaluate(isStale)).toBe(false)
      expect(await page.evaluate(colour)).toBe(before)
    },
    60_000,
  )
})

describe('Announcing from the operations page', () => {
  test('publishes once for an hour, lists the announcement, and retracts it', async () => {
    const heard = await hearAnnouncements()
    const page = await openAsOlga()
    await fillAnnouncement(page, 'Closing soon')
    await page.evaluate(`(() => { const form = document.querySelector('#announce')
      form.requestSubmit(); form.requestSubmit() })()`)
    await page.until(`${shown('#announce-answer')}.startsWith('Announced to everybody, until ')`)
    expect(await page.evaluate(`document.querySelector('#announce [name=title]').value`)).toBe('')
    const [, published] = await heard.take(2)
    const { publishedAt = '', expiresAt } = published?.announcement ?? {}
    expect(published).toMatchObject({ announcement: { title: 'Closing soon', severity: 'INFO' } })
    const lastsMs = Date.parse(expiresAt ?? '') - Date.parse(publishedAt)
    expect(Math.abs(lastsMs - 3_600_000)).toBeLessThan(5_000)

    await page.until(`${shown('#announcements')}.includes('Closing soon')`)
    expect(await page.evaluate(shown('#announcements'))).toMatch(/Information to everybody, from .*, until /)
    await press(page, '#announcements button')
    await page.until(`document.querySelector('#confirm').open`)
    expect(await page.evaluate(shown('#confirm-title'))).toBe('Retract “Closing soon”?')
    await press(page, '#confirm-yes')
    await page.until(`${shown('#announcements-answer')} === 'Retracted: Closing soon'`)
    await page.until(`!${shown('#announcements')}.includes('Closing soon')`)
    const [, , retracted] = await heard.take(3)
    expect(retracted).toMatchObject({
      __typename: 'AnnouncementRetracted',
      announcement: { title: 'Closing soon' },
    })
  }, 60_000)

  test('publishes once when the answer is lost and the form is sent again', async () => {
    const heard = await hearAnnouncements()
    const page = await openAsOlga()
    await page.evaluate(`(() => { const real = window.fetch; let isLost = false
      window.fetch = async (...request) => {
        const response = await real(...request)
        if (isLost || !request[1]?.body?.includes('publishAnnouncement')) return response
        isLost = true
        throw new TypeError('the answer is lost')
      } })()`)
    await fillAnnouncement(page, 'Only once')
    await submit(page, '#announce')
    await page.until(`${shown('#announce-answer')}.includes('Whether it was announced is not known')`)
    await submit(page, '#announce')
    await page.until(`${shown('#announce-answer')}.startsWith('Announced')`)
    await fillAnnouncement(page, 'Another')
    await choose(page, '#announce [name=end]', 'never')
    await submit(page, '#announce')
    await page.until(`${shown('#announce-answer')} === 'Announced to everybody, no end: Another'`)
    const published = await heard.take(3)
    expect(published.slice(1).map(({ announcement }) => announcement?.title)).toEqual([
      'Only once',
      'Another',
    ])
    expect(published[2]?.announcement?.expiresAt).toBeNull()
  }, 60_000)

  test('lists those to rooms by the name of the room, and says why one is refused', async () => {
    const ann = await node.token('ann')
    const roomId = await makeRoom(node, ann, { name: 'The cellar', visibility: 'MEMBERS' })
    const input = { audience: 'ROOM', roomId, title: 'To the cellar', body: 'Mind the step.' }
    await post(node.url, PUBLISH, { input }, ann)
    const page = await openAsOlga()
    await page.until(`${shown('#announcements')}.includes('to the room The cellar')`)
    await choose(page, '#announce [name=audience]', 'ROOM')
    await page.until(`document.querySelector('#room-list option[value=${roomId}]') !== null`)
    await page.fill('#announce [name=roomId]', 'room_nowhere')
    await fillAnnouncement(page, 'Kept')
    await submit(page, '#announce')
    await page.until(`${shown('#announce-answer')} === 'Room not found.'`)
    expect(await page.evaluate(`document.querySelector('#announce [name=title]').value`)).toBe('Kept')
  }, 60_000)
})

describe('Disconnecting a user from the operations page', () => {
  test('asks first, then closes the connections and says how many', async () => {
    const client = connectAs(await node.token('carl', { name: 'Carl' }))
    const closings: number[] = []
    client.on('closed', (event) => closings.push((event as { readonly code: number }).code))
    await record(client, ANNOUNCEMENTS).take(1)
    const page = await openAsOlga()

    const asked = await askToDisconnect(page, 'carl')
    expect(asked).toContain('Disconnect Carl (carl)?')
    expect(asked).toContain('1 connection, on all nodes together, will be closed.')
    expect(await page.evaluate('document.activeElement.id')).toBe('confirm-no')
    expect(await findingsIn(page)).toEqual([])
    await page.press('Escape')
    await page.until(`${shown('#revoke-answer')} === 'Cancelled: nothing was done.'`)
    expect(closings).toEqual([])
    expect(await page.evaluate(`document.querySelector('#revoke [name=userId]').value`)).toBe('carl')

    await askToDisconnect(page, 'carl')
    await press(page, '#confirm-yes')
    await page.until(
      `${shown('#revoke-answer')}.startsWith('Tokens of Carl (carl) issued until now are refused.')`,
    )
    expect(await page.evaluate(shown('#revoke-answer'))).toContain('1 connection was open; none is now.')
    expect(await page.evaluate(`document.querySelector('#revoke [name=userId]').value`)).toBe('')
    await expect.poll(() => closings).toContain(4401)
  }, 60_000)

  test('says that nobody has an id, before and after', async () => {
    const page = await openAsOlga()
    expect(await askToDisconnect(page, 'nobody-at-all')).toContain('Nobody is known as “nobody-at-all”')
    await press(page, '#confirm-yes')
    await page.until(
      `${shown('#revoke-answer')} === 'Nobody is known as nobody-at-all. Tokens of nobody-at-all issued until now are refused; no connection of nobody-at-all was open on any node.'`,
    )
  })

  test('warns operators of disconnecting themselves, and then asks them to sign in again', async () => {
    const page = await openPage()
    await signIn(page, await node.token('otto', { name: 'Otto', roles: ['admin'] }))
    await page.until(`${shown('#viewer')}.includes('Otto')`)
    expect(await askToDisconnect(page, 'otto')).toContain('This is your own id')
    await press(page, '#confirm-yes')
    await page.until(isSignedOut)
    expect(await page.evaluate(shown('#sign-in-answer'))).toContain('Sign in with another token.')
  })
})

describe('The look of the operations page', () => {
  test.each([
    ['a desk', 1280, 900],
    ['a phone', 390, 844],
  ])(
    'has nothing that axe finds on %s, light and dark',
    async (_, width, height) => {
      const page = await openPage()
      await page.resize(width, height)
      expect(await findingsIn(page)).toEqual([])
      await signIn(page, await node.token('olga', { roles: ['admin'] }))
      await page.until(isReady)
      await press(page, 'summary')
      for (const isDark of [false, true]) {
        await page.resize(width, height, isDark)
        expect(await findingsIn(page)).toEqual([])
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width)
      }
    },
    60_000,
  )

  test('shows the dot of the state in forced colours, filled only while the node is ready', async () => {
    const page = await openAsOlga()
    await page.forceColors(true)
    const dot = `(() => { const { backgroundColor, borderTopColor } = getComputedStyle(document.querySelector('#state'), '::before')
      return { backgroundColor, borderTopColor, page: getComputedStyle(document.body).backgroundColor } })()`
    const ready = await page.evaluate<Readonly<Record<string, string>>>(dot)
    expect(ready['backgroundColor']).not.toBe(ready['page'])
    await page.click('#sign-out')
    const away = await page.evaluate<Readonly<Record<string, string>>>(dot)
    expect(away['backgroundColor']).toBe(away['page'])
    expect(away['borderTopColor']).not.toBe(away['page'])
  })

  test('is reached with the keyboard alone: from signing in to signing out', async () => {
    const page = await openPage()
    await page.evaluate(`document.querySelector('#token').focus()`)
    await page.fill('#token', await node.token('olga', { roles: ['admin'] }))
    await page.press('Enter')
    await page.until(isReady)
    expect(await page.evaluate('document.activeElement.id')).toBe('now-title')
    const reached: string[] = []
    for (let presses = 0; presses < 30 && !reached.includes('sign-out'); presses += 1) {
      await page.press('Tab')
      reached.push(
        await page.evaluate(
          `(({ id, name, tagName, type, form }) => id || name || (type === 'submit' ? form.id : tagName))(document.activeElement)`,
        ),
      )
    }
    expect(reached).toEqual(expect.arrayContaining(['SUMMARY', 'audience', 'announce', 'userId', 'revoke']))
    expect(reached.at(-1)).toBe('sign-out')
    await page.press('Enter')
    await page.until(isSignedOut)
  })
})
