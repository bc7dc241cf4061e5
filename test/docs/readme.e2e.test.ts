import { readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { startNode, type TestNode } from '../support/node.ts'
import { makeTemporaryFolder, startProcess } from '../support/process.ts'
import { startRestartingNode } from '../support/restarting-node.ts'
import { makeAuction, makeRoom, placeBid } from '../support/rooms.ts'

const ROOT = join(import.meta.dirname, '../..')
const README = await readFile(join(ROOT, 'README.md'), 'utf8')
const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))

describe('The README', () => {
  test('names scripts that there are', () => {
    const named = [...README.matchAll(/npm (?:run )?([a-z][\w:-]*)/g)].map(([, name = '']) => name)
    const own = named.filter((name) => !['ci', 'install'].includes(name))
    expect(own.length).toBeGreaterThan(8)
    expect(own.filter((name) => scripts[name] === undefined)).toEqual([])
  })

  test('leads to files that there are', async () => {
    const links = [...README.matchAll(/\]\(([\w./-]+)\)/g)].map(([, path = '']) => path)
    expect(links.length).toBeGreaterThan(10)
    for (const path of links) {
      if (/\.\w+$/.test(path)) await expect(readFile(join(ROOT, path), 'utf8')).resolves.not.toBe('')
    }
  })
})

describe('What the README starts', () => {
  let node: TestNode
  /** As `npm start` does it: embedded, with the demo room. */
  beforeAll(async () => {
    node = await startNode({ env: { DEMO: 'on' } })
  })
  afterAll(() => node[Symbol.asyncDispose]())

  test.each([
    ['/', 'text/html'],
    ['/ops', 'text/html'],
    ['/schema.graphql', 'application/graphql'],
    ['/health', 'application/json'],
    ['/ready', 'application/json'],
  ])('answers at %s', async (path, type) => {
    const response = await fetch(`${node.url}${path}`)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toContain(type)
  })
})

describe('The client of the README', () => {
  test('goes on where it was when the server is stopped and started', async () => {
    await using house = await startRestartingNode()
    const seller = await house.node.token('seller')
    const ann = await house.node.token('ann')
    const auctionId = await makeAuction(house.node, seller, await makeRoom(house.node, seller))
    const [, code = ''] = /Save as `example\.mjs`.*?```js\n(.*?)```/s.exec(README) ?? []
    const folder = await makeTemporaryFolder('readme')
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
    // What it prints is shortened for people: here it is kept whole.
    const kept = code.replace(
      'console.log(auction.title, data.bids)',
      `(await import('node:fs')).appendFileSync('heard', JSON.stringify(data.bids) + '\\n')`,
    )
    expect(kept).not.toBe(code)
    await writeFile(join(folder, 'example.mjs'), kept)
    const example = startProcess({
      file: 'env',
      args: [`URL=${house.node.wsUrl}`, `TOKEN=${ann}`, process.execPath, 'example.mjs'],
      folder,
      lethal: 'SIGKILL',
    })
    const heard = async (): Promise<readonly unknown[]> => {
      const lines = (await readFile(join(folder, 'heard'), 'utf8').catch(() => '')).split('\n')
      return lines.filter((line) => line !== '').map((line) => JSON.parse(line))
    }
    const untilHeard = (count: number) =>
      vi.waitFor(async () => expect(await heard()).toHaveLength(count), { timeout: 20_000, interval: 50 })

    await untilHeard(1)
    await placeBid(house.node, ann, { auctionId, amount: 500 })
    await untilHeard(2)
    await placeBid(house.node, ann, { auctionId, amount: 600 })
    await house.crash()
    await placeBid(house.node, ann, { auctionId, amount: 700 })
    await untilHeard(4)
    await example.end('SIGTERM')

    expect(await heard()).toMatchObject([
      { __typename: 'AuctionSnapshot', offset: 0 },
      { __typename: 'BidPlaced', offset: 1, bid: { amount: 500 } },
      { __typename: 'BidPlaced', offset: 2, bid: { amount: 600 } },
      { __typename: 'BidPlaced', offset: 3, bid: { amount: 700 } },
    ])
  }, 120_000)
})
