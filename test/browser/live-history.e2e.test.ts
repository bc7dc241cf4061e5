import { describe, expect, test } from 'vitest'
import type { Page } from '../support/chromium.ts'
import { post } from '../support/graphql-client.ts'
import { CHAT, makeSale, openLive, PRICES, SHOWN, settled, textOf, useDemo } from '../support/live.ts'
import { createRandom } from '../support/random.ts'
import { makeAuction, makeRoom, placeBid } from '../support/rooms.ts'

const demo = useDemo()

async function run(
  text: string,
  variables: Readonly<Record<string, unknown>>,
  token = demo.seller,
): Promise<unknown> {
  const { data, errors } = await post(demo.node.url, text, variables, token)
  expect(errors).toBeUndefined()
  return data
}

const HAMMER = 'mutation ($id: ID!) { hammerAuction(auctionId: $id) { __typename } }'
const CANCEL = 'mutation ($id: ID!) { cancelAuction(auctionId: $id, reason: "Withdrawn") { __typename } }'
const VOID = 'mutation ($id: ID!) { voidBid(bidId: $id, reason: "A slip") { __typename } }'
const PAUSE = 'mutation ($id: ID!) { pauseAuction(auctionId: $id) { __typename } }'
const RESUME = 'mutation ($id: ID!) { resumeAuction(auctionId: $id) { __typename } }'
const SAY = `mutation ($roomId: ID!, $key: String!, $body: String!) {
  sendMessage(input: { roomId: $roomId, clientMessageId: $key, body: $body }) {
    ... on MessagePayload { message { id } } } }`
const DELETE = 'mutation ($id: ID!) { deleteMessage(messageId: $id) { __typename } }'
const LATEST_BIDS = `query ($id: ID!) { auction(id: $id) { bids(first: 10) { edges { node { id voidedAt } } } } }`

const button = (words: string): string =>
  `[...document.querySelectorAll('button')].find((button) => button.textContent === '${words}')`
/** Presses the button until it is gone. */
async function pressAway(page: Page, words: string): Promise<void> {
  await page.until(`${button(words)} !== undefined`)
  while (await page.evaluate<boolean>(`${button(words)} !== undefined`)) {
    await page.evaluate(`${button(words)}.click()`)
    await page.until(`${button('Loading…')} === undefined`, 20_000)
    expect(await page.evaluate(`document.querySelector('.load-more [role=alert]')?.textContent ?? ''`)).toBe(
      '',
    )
  }
}

async function say(roomId: string, body: string): Promise<string> {
  const said = (await run(SAY, { roomId, key: body, body })) as {
    readonly sendMessage: { readonly message: { readonly id: string } }
  }
  return said.sendMessage.message.id
}

describe('A page that is opened late', () => {
  test('has the earlier bids on demand, with the ones that are voided from then on', {
    timeout: 120_000,
  }, async () => {
    const { id, path } = await makeSale(demo.node, demo.seller, ['A chest'], {
      increments: [{ from: 0, step: 100 }],
    })
    const bidders = [
      await demo.node.token('one', { name: 'One' }),
      await demo.node.token('two', { name: 'Two' }),
    ]
    const bids = 110
    for (let bid = 0; bid < bids; bid += 1) {
      await placeBid(demo.node, bidders[bid % 2] ?? '', { auctionId: id, amount: 1_000 + 100 * bid })
    }
    const page = await openLive(demo.chromium, demo.node.url + path)
    await page.until(`document.querySelector('#chart-words').textContent.includes('the latest 20 bids')`)
    await pressAway(page, 'Load earlier bids')
    const prices = await page.evaluate<readonly string[]>(PRICES)
    expect(prices).toEqual(Array.from({ length: bids }, (_, bid) => `€${9 + bids - bid}.00`))
    await page.until(`document.querySelector('#chart-words').textContent.includes('over 110 bids')`)

    const first = (await run(
      `query ($id: ID!) { auction(id: $id) { bids(first: 100) { edges { node { id } } } } }`,
      {
        id,
      },
    )) as {
      readonly auction: {
        readonly bids: { readonly edges: readonly { readonly node: { readonly id: string } }[] }
      }
    }
    const old = first.auction.bids.edges.at(-1)?.node.id
    await run(VOID, { id: old })
    await page.until(`document.querySelectorAll('#bids .voided').length > 20`)
    const late = await openLive(demo.chromium, demo.node.url + path)
    await pressAway(late, 'Load earlier bids')
    const LINES = `[...document.querySelectorAll('#bids li')].map((line) => line.innerText)`
    expect(await page.evaluate(LINES)).toEqual(await late.evaluate(LINES))
  })

  test('has the earlier messages on demand, without those that are deleted from then on', async () => {
    const { roomId, path } = await makeSale(demo.node, demo.seller, ['A chest'])
    const ids: string[] = []
    for (let each = 1; each <= 120; each += 1) ids.push(await say(roomId, `Message ${each}`))
    const page = await openLive(demo.chromium, demo.node.url + path)
    await page.until(`${CHAT}.length === 50`)
    await pressAway(page, 'Load earlier messages')
    expect(await page.evaluate(CHAT)).toEqual(ids.map((_, index) => `sellerMessage ${index + 1}`))
    await run(DELETE, { id: ids[3] })
    await page.until(`${CHAT}[3] === 'sellerdeleted'`)
  })

  test('has the lots that were sold before', async () => {
    const sale = await makeSale(demo.node, demo.seller, ['A lamp', 'A chair', 'A table'])
    await placeBid(demo.node, await demo.node.token('ann', { name: 'Ann' }), {
      auctionId: sale.id,
      amount: 1_000,
    })
    await run(HAMMER, { id: sale.id })
    const page = await openLive(demo.chromium, demo.node.url + sale.path)
    const LOTS = `[...document.querySelectorAll('#lots li')].map((line) => line.innerText.replace(/\\s+/g, ' '))`
    await page.until(`${LOTS}.length === 3`)
    expect((await page.evaluate<readonly string[]>(LOTS)).at(-1)).toBe('A lamp Sold to Ann for €10.00')
    await page.evaluate(`[...document.querySelectorAll('#lots button')].at(-1).click()`)
    await page.until(`${textOf('leader')} === 'Sold to Ann for €10.00'`)
  })
})

describe('A page opened before anything happened, and one opened after it', () => {
  test('show the same, whatever the auctioneer, bidders and writers did', { timeout: 120_000 }, async () => {
    const seed = Date.now() % 2 ** 20
    const random = createRandom(seed)
    const sale = await makeSale(demo.node, demo.seller, ['A first lot', 'A second lot'])
    const early = await openLive(demo.chromium, demo.node.url + sale.path)
    const bidders = await Promise.all(
      ['Ann', 'Ben', 'Cleo'].map((name) => demo.node.token(`s${name}`, { name })),
    )
    const said: string[] = []
    let price = 500
    for (let step = 0; step < 60; step += 1) {
      const what = random(12)
      const bidder = bidders[random(bidders.length)] ?? ''
      if (what < 6) {
        price += 100 * (1 + random(5))
        const offer = random(2) === 0 ? { amount: price } : { maximum: price }
        await placeBid(demo.node, bidder, { auctionId: sale.id, ...offer }).catch(() => {})
      } else if (what === 6) await run(PAUSE, { id: sale.id })
      else if (what === 7) await run(RESUME, { id: sale.id })
      else if (what === 8) {
        const { auction } = (await run(LATEST_BIDS, { id: sale.id })) as {
          readonly auction: {
            readonly bids: {
              readonly edges: readonly {
                readonly node: { readonly id: string; readonly voidedAt: string | null }
              }[]
            }
          }
        }
        const standing = auction.bids.edges.filter(({ node: { voidedAt } }) => voidedAt === null)
        const named = standing[random(standing.length || 1)]
        if (named !== undefined) await run(VOID, { id: named.node.id })
      } else if (what === 9 && said.length > 0) await run(DELETE, { id: said[random(said.length)] })
      else said.push(await say(sale.roomId, `Words ${step}`))
    }
    await run(random(2) === 0 ? RESUME : PAUSE, { id: sale.id })
    const late = await openLive(demo.chromium, demo.node.url + sale.path)
    // Pauses may have put off its end beyond that of the other lot, which a page then opens with.
    const FIRST = `[...document.querySelectorAll('#lots button')].find((row) => row.innerText.includes('A first lot'))`
    await late.until(`${FIRST} !== undefined`)
    await late.evaluate(`${FIRST}.click()`)
    await late.until(`${textOf('title')} === 'A first lot'`)
    const same = JSON.stringify(await settled(late))
    await early.until(`JSON.stringify(${SHOWN}) === ${JSON.stringify(same)}`).catch(() => {})
    expect(await early.evaluate(SHOWN), `seed ${seed}`).toEqual(JSON.parse(same))
    expect(early.faults).toEqual([])
  })
})

describe('A room without a lot', () => {
  test('says that it has ended, and when', async () => {
    const roomId = await makeRoom(demo.node, demo.seller)
    await run('mutation ($id: ID!) { endRoom(roomId: $id) { __typename } }', { id: roomId })
    const page = await demo.chromium.newPage()
    await page.goTo(`${demo.node.url}/?room=${roomId}`)
    await page.until(`/^This room ended at .*\\d:\\d\\d/.test(${textOf('title')})`)
  })

  test('says when it opens', async () => {
    const startsAt = new Date(Date.now() + 2 * 86_400_000).toISOString()
    const roomId = await makeRoom(demo.node, demo.seller, { startsAt })
    const page = await demo.chromium.newPage()
    await page.goTo(`${demo.node.url}/?room=${roomId}`)
    // With the day, since it is not today.
    await page.until(`/^This room opens at .*20\\d\\d.*\\d:\\d\\d/.test(${textOf('title')})`)
  })

  test('that is cancelled lot by lot ends with words for each', async () => {
    const roomId = await makeRoom(demo.node, demo.seller)
    const id = await makeAuction(demo.node, demo.seller, roomId, { title: 'A stool' })
    const page = await openLive(demo.chromium, `${demo.node.url}/?room=${roomId}`)
    await run(CANCEL, { id })
    await page.until(`${textOf('outcome')} === 'The auctioneer withdrew this lot. No bid on it counts.'`)
  })
})
