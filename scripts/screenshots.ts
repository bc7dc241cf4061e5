import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type Page, startChromium } from '../test/support/chromium.ts'
import { CAN_BID, openLive, signIn } from '../test/support/live.ts'
import { OWN_SECRET, startNode } from '../test/support/node.ts'

/** Takes the screenshots of the live page for docs/live-page.md, a few seconds into the demo. */

const FOLDER = join(import.meta.dirname, '../docs/screenshots')
const PHONE = [390, 844] as const
const DESK = [1280, 800] as const
const SOME_BIDS_MS = 25_000

async function take(page: Page, name: string, [width, height]: readonly [number, number]): Promise<void> {
  for (const scheme of ['light', 'dark']) {
    await page.resize(width, height, scheme === 'dark')
    await page.evaluate('new Promise((resolve) => setTimeout(resolve, 500))')
    await page.screenshot(join(FOLDER, `${name}-${scheme}.png`))
  }
}

await mkdir(FOLDER, { recursive: true })
await using node = await startNode({ env: { DEMO: 'true', ...OWN_SECRET } })
await using chromium = await startChromium()
const page = await openLive(chromium, node.url, { name: 'Ann' })
await page.fill('#message', 'Hello from the gallery')
await page.evaluate(`document.querySelector('#message-form').requestSubmit()`)
await page.until(CAN_BID)
await page.evaluate(`document.querySelector('#quick').click()`)
await pause(SOME_BIDS_MS)
await take(page, 'auction-desk', DESK)
await take(page, 'auction-phone', PHONE)

await page.goTo(`${node.url}/?room=demo-trade`)
await page.until(`document.querySelectorAll('#portfolios tbody tr').length > 2`, 60_000)
await take(page, 'trade-desk', DESK)
await take(page, 'trade-phone', PHONE)

await page.evaluate(`document.querySelector('#sign-out').click()`)
await page.goTo(node.url)
await signIn(page, 'Ada', true)
await page.resize(...DESK)
await page.until(`document.querySelector('#void') !== null`)
await page.evaluate(`document.querySelector('#console').scrollIntoView()`)
await take(page, 'console-desk', DESK)
