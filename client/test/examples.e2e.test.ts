import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { build, type PreviewServer, preview } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Chromium, startChromium } from '../../test/support/chromium.ts'
import { freshDatabase } from '../../test/support/postgres-shared.ts'
import { makeTemporaryFolder } from '../../test/support/process.ts'
import { type RestartingNode, startRestartingNode } from '../../test/support/restarting-node.ts'
import { makeAuction, makeRoom, placeBid } from '../../test/support/rooms.ts'
import { sourceAlias } from '../source-alias.ts'

const PROJECT = join(import.meta.dirname, '../..')
let house: RestartingNode
let chromium: Chromium
let seller: string
let ann: string

beforeAll(async () => {
  house = await startRestartingNode({ databaseUrl: await freshDatabase() })
  chromium = await startChromium()
  seller = await house.node.token('seller')
  ann = await house.node.token('ann', { name: 'Ann' })
})
afterAll(async () => {
  await chromium[Symbol.asyncDispose]()
  await house[Symbol.asyncDispose]()
})

interface Served extends AsyncDisposable {
  readonly url: string
}

/** Builds an example as its own `npm run build` does, and serves what comes of it. */
async function serve(name: string): Promise<Served> {
  const outDir = await makeTemporaryFolder(name)
  const options = { root: join(PROJECT, 'examples', name), configFile: false, logLevel: 'error' } as const
  await build({ ...options, resolve: { alias: sourceAlias }, build: { outDir, emptyOutDir: true } })
  const server: PreviewServer = await preview({
    ...options,
    build: { outDir },
    preview: { host: '127.0.0.1', port: 0 },
  })
  const [url] = server.resolvedUrls?.local ?? []
  if (url === undefined) throw new Error('the example is not served')
  return {
    url,
    async [Symbol.asyncDispose]() {
      await server.close()
      await rm(outDir, { recursive: true, force: true })
    },
  }
}

describe.each(['react-apollo', 'react-urql'])('examples/%s', (name) => {
  test('shows every bid once over a server that is killed three times, and bids', async () => {
    const { node } = house
    const auctionId = await makeAuction(node, seller, await makeRoom(node, seller))
    await using served = await serve(name)
    const page = await chromium.newPage()
    await page.goTo(
      `${served.url}?${new URLSearchParams({ server: node.url, auction: auctionId, token: ann })}`,
    )
    const text = (selector: string): string => `document.querySelector('${selector}')?.textContent`
    await page.until(`${text('#price')} === 'no bid yet' && !document.querySelector('button').disabled`)

    for (let round = 0; round < 3; round += 1) {
      await placeBid(node, ann, { auctionId, amount: 500 + 1_000 * round })
      await house.crash()
    }
    await page.until(`${text('#price')} === '€25.00' && ${text('#connection')} === 'connected'`, 20_000)
    await page.click('button')
    await page.until(`document.querySelectorAll('#entries li').length === 5`)

    const lines = await page.evaluate<readonly string[]>(
      `[...document.querySelectorAll('#entries li')].map((line) => line.textContent)`,
    )
    expect(lines).toEqual([
      expect.stringMatching(/^Ann: €2[67]\.\d\d$/),
      'Ann: €25.00',
      'Ann: €15.00',
      'Ann: €5.00',
      'the auction as it stood',
    ])
  }, 120_000)
})
