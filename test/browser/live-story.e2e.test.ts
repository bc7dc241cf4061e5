import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { CAN_BID, makeSale, openLive, PRICES, shows, textOf, useDemo } from '../support/live.ts'
import { startProxy } from '../support/proxy.ts'
import { placeBid } from '../support/rooms.ts'

const AWAY_MS = 20_000
/** As long as a client may wait before it tries again, and some time to do it. */
const BACK_MS = 30_000

const demo = useDemo()

test('Two browsers bid, talk, lose the connection for 20 s, see the end put off, and are told who won', async () => {
  const carl = await demo.node.token('carl', { name: 'Carl' })
  // The late bids come more than 20 s after the start: with less than 60 s left, so that they extend the end.
  const softClose = { windowMs: 70_000, extensionMs: 60_000, capMs: 600_000 }
  const endsAt = new Date(Date.now() + 75_000).toISOString()
  const sale = await makeSale(demo.node, demo.seller, ['A barometer'], { softClose, endsAt })
  await using proxy = await startProxy(Number(new URL(demo.node.url).port))
  const ann = await openLive(demo.chromium, demo.node.url + sale.path, { name: 'Ann' })
  const ben = await openLive(demo.chromium, `http://127.0.0.1:${proxy.port}${sale.path}`, { name: 'Ben' })

  // They bid against each other.
  await ann.click('#quick')
  await ben.until(`${textOf('leader')} === 'Ann leads'`)
  await ben.click('#quick')
  await ann.until(`${textOf('leader')} === 'Ben leads, you were outbid'`)

  // They chat: typing shows, and so do read marks.
  await ann.fill('#message', 'Good luck')
  await ben.until(`${textOf('typing')} === 'Ann is writing…'`)
  await ann.evaluate(`document.querySelector('#message-form').requestSubmit()`)
  await ben.until(shows('chat', 'AnnGood luck'))
  await ben.until(`${textOf('typing')} === ''`)
  await ann.until(shows('chat', 'AnnGood luck read by 1'))
  await ann.until(`${textOf('people')}.includes('Ben')`)

  // One is away for twenty seconds, says so calmly, and has missed nothing in the end.
  proxy.shut()
  await ben.until(`${textOf('connection')} === 'Reconnecting…'`)
  await ann.click('#quick')
  await ann.until(`${textOf('leader')} === 'You lead'`)
  await placeBid(demo.node, carl, { auctionId: sale.id, amount: 1000 })
  await ann.fill('#message', 'Are you there?')
  await ann.evaluate(`document.querySelector('#message-form').requestSubmit()`)
  await pause(AWAY_MS)
  expect(await ben.evaluate(textOf('connection'))).toBe('Reconnecting…')
  expect(await ben.evaluate(CAN_BID)).toBe(false)
  // What was known stays to be seen.
  expect(await ben.evaluate(PRICES)).toEqual(['€5.50', '€5.00'])
  proxy.open()
  await ben.until(`/^Caught up, \\d+ entries missed$/.test(${textOf('connection')})`, BACK_MS)
  await ben.until(`${PRICES}.length === 4`)
  expect(await ben.evaluate(PRICES)).toEqual(await ann.evaluate(PRICES))
  await ben.until(shows('chat', 'Are you there?'))

  // Late bids have put off the end, for both alike; a last one wins.
  await placeBid(demo.node, carl, { auctionId: sale.id, amount: 2000 })
  await ben.fill('#ceiling', '50')
  await ben.click('#ceiling-button')
  await ben.until(`${textOf('leader')} === 'You lead'`)
  for (const page of [ann, ben]) await page.until(`/extended [1-9]×$/.test(${textOf('countdown-label')})`)
  await ben.until(shows('leader', 'Sold to you'), 75_000)
  await ann.until(shows('leader', 'Sold to Ben'))
  await ben.until(`document.querySelector('#arrivals [data-kind="AUCTION_WON"]') !== null`)
  await ann.until(`document.querySelector('#arrivals [data-kind="AUCTION_LOST"]') !== null`)
  // Browsers log what they could not reach; nothing else may be logged.
  const faults = [...ann.faults, ...ben.faults].filter((fault) => !fault.includes('net::ERR_'))
  expect(faults).toEqual([])
}, 240_000)
