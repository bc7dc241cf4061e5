import { execFile } from 'node:child_process'
import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { makeTemporaryFolder, type ServerProcess, startProcess } from '../support/process.ts'
import { startRestartingNode } from '../support/restarting-node.ts'
import { makeAuction, makeRoom, placeBid } from '../support/rooms.ts'

const ROOT = join(import.meta.dirname, '../..')
const README = await readFile(join(ROOT, 'README.md'), 'utf8')
const CONTRIBUTING = await readFile(join(ROOT, 'CONTRIBUTING.md'), 'utf8')
const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))

describe.each([
  ['The README', README, 2],
  ['The guide for contributors', CONTRIBUTING, 8],
])('%s', (_name, page, least) => {
  test('names scripts that exist', () => {
    const named = [...page.matchAll(/npm (?:run )?([a-z][\w:-]*)/g)].map(([, name = '']) => name)
    const own = named.filter((name) => !['ci', 'install'].includes(name))
    expect(own.length).toBeGreaterThan(least)
    expect(own.filter((name) => scripts[name] === undefined)).toEqual([])
  })
})

describe('The README', () => {
  test('links to files that exist', async () => {
    const links = [...README.matchAll(/\]\(([\w./-]+)\)/g)].map(([, path = '']) => path)
    expect(links.length).toBeGreaterThan(10)
    for (const path of links) {
      if (/\.\w+$/.test(path)) await expect(readFile(join(ROOT, path), 'utf8')).resolves.not.toBe('')
    }
  })
})

/** The commands of the README's blocks, in order. */
const COMMANDS = [...README.matchAll(/```sh\n(.*?)```/gs)].flatMap(([, block = '']) =>
  block.trim().split(' && '),
)
const [BUILD = ''] = /npm run build --workspace client/.exec(README) ?? []
const EXAMPLE = /Save as `example\.mjs`.*?```js\n(.*?)```/s.exec(README)?.[1] ?? ''
/** The shell that npx puts before it passes no signal on. */
const EXAMPLE_ENDS =
  'const shell = process.ppid; setInterval(() => process.ppid === shell || process.exit(), 50).unref()'
/** What a clone holds that is run, and not its tests. */
const CLONE = ['package.json', 'tsconfig.json', 'src', 'client', 'web']

/** A clone after `npm ci`, with the packages of this one, in which the kit was built as the README says. */
let clone: string

beforeAll(async () => {
  clone = await makeTemporaryFolder('clone')
  for (const name of CLONE) {
    const filter = (path: string): boolean => !/\/(dist|node_modules)(\/|$)/.test(path)
    await cp(join(ROOT, name), join(clone, name), { recursive: true, filter })
  }
  await mkdir(join(clone, 'node_modules', '@rostrum'), { recursive: true })
  for (const name of await readdir(join(ROOT, 'node_modules'))) {
    if (name !== '@rostrum')
      await symlink(join(ROOT, 'node_modules', name), join(clone, 'node_modules', name))
  }
  await symlink('../../client', join(clone, 'node_modules', '@rostrum', 'client'))
  await promisify(execFile)('sh', ['-c', BUILD], { cwd: clone })
}, 120_000)

describe("A newcomer's path through the README", () => {
  let port: number
  beforeAll(async () => {
    port = await freePort()
    await writeFile(join(clone, 'example.mjs'), `${EXAMPLE_ENDS}\n${EXAMPLE}`)
  })

  /** A command of the README, as its reader types it. What it prints stands in the file of that name. */
  function type(command: string, printed: string): ServerProcess {
    // Who reads a README has no NODE_ENV.
    const line = `unset NODE_ENV; PORT=${port} URL=http://127.0.0.1:${port} exec ${command} >> ${printed} 2>&1`
    return startProcess({ file: 'sh', args: ['-c', line], folder: clone, lethal: 'SIGTERM' })
  }
  const printedIn = (file: string): Promise<string> => readFile(join(clone, file), 'utf8').catch(() => '')

  test('ends with a client that resumes when the server is stopped and started', async () => {
    expect(BUILD).not.toBe('')
    expect(COMMANDS.slice(0, 4)).toEqual(['npm ci', 'npm start', 'npm ci', 'npm test'])
    const first = type('npm start', 'terminal')
    const token = await vi.waitFor(
      async () => {
        const [, found] = /^(ey[\w.-]+)$/m.exec(await printedIn('terminal')) ?? []
        expect(found).toBeDefined()
        return found ?? ''
      },
      { timeout: 60_000, interval: 100 },
    )

    for (const address of README.matchAll(/^\| `http:\/\/localhost:4000(\/[\w.]*)` \|/gm)) {
      const response = await fetch(`http://127.0.0.1:${port}${address[1]}`, {
        headers: { accept: 'text/html' },
      })
      expect([address[1], response.status]).toEqual([address[1], 200])
    }
    const [, body = ''] = /`POST http:\/\/localhost:4000\/dev\/token`.*`(\{.*?\})`/.exec(README) ?? []
    const answer = await fetch(`http://127.0.0.1:${port}/dev/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    })
    expect(await answer.json()).toMatchObject({ token: expect.any(String) })

    const [, run = ''] = /run\s`(TOKEN=… npx node example\.mjs)`/.exec(README) ?? []
    expect(run).not.toBe('')
    const [, command = ''] = run.split('TOKEN=… ')
    const example = type(`env TOKEN=${token} ${command}`, 'heard')
    const heard = async (): Promise<readonly number[]> =>
      [...(await printedIn('heard')).matchAll(/^(\d+) \S+ \w+/gm)].map(([, offset]) => Number(offset))
    const untilMore = (than: number) =>
      vi.waitFor(async () => expect((await heard()).length).toBeGreaterThan(than), {
        timeout: 40_000,
        interval: 100,
      })
    await untilMore(1)

    await first.end('SIGTERM')
    const before = (await heard()).length
    const second = type('npm start', 'terminal')
    await untilMore(before + 1)
    await example.end('SIGTERM')
    await second.end('SIGTERM')
    const offsets = await heard()
    expect(offsets).toEqual(offsets.map((_, index) => (offsets[0] ?? 0) + index))
  }, 180_000)
})

describe('The client of the README', () => {
  test('resumes without a gap when the server is killed', async () => {
    await using house = await startRestartingNode()
    const seller = await house.node.token('seller')
    const ann = await house.node.token('ann')
    const auctionId = await makeAuction(house.node, seller, await makeRoom(house.node, seller))
    // What it prints is shortened for people: here it is kept whole.
    const kept = EXAMPLE.replace(
      /console\.log\(.*\)/,
      `(await import('node:fs')).appendFileSync('kept', JSON.stringify(bids) + '\\n')`,
    )
    expect(kept).not.toBe(EXAMPLE)
    await writeFile(join(clone, 'kept.mjs'), kept)
    const example = startProcess({
      file: 'env',
      args: [`URL=${house.node.url}`, `TOKEN=${ann}`, process.execPath, 'kept.mjs'],
      folder: clone,
      lethal: 'SIGKILL',
    })
    const heard = async (): Promise<readonly unknown[]> => {
      const lines = (await readFile(join(clone, 'kept'), 'utf8').catch(() => '')).split('\n')
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
