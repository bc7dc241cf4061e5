import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { post } from '../../test/support/graphql-client.ts'
import { freshDatabase } from '../../test/support/postgres-shared.ts'
import { makeTemporaryFolder, run, startProcess } from '../../test/support/process.ts'
import { type RestartingNode, startRestartingNode } from '../../test/support/restarting-node.ts'
import { makeAuction, makeRoom, placeBid } from '../../test/support/rooms.ts'
import { formatMoney } from '../src/money.ts'

const KIT = join(import.meta.dirname, '..')
const PROJECT = join(KIT, '..')
const MODULES = join(PROJECT, 'node_modules')
const ENTRIES = ['.', './apollo', './urql', './event-source', './react'] as const
/** What the READMEs say, but for where the file goes. */
const PACK = 'npm pack --workspace client --pack-destination'
/** What the kit and its peers need, from here in the place of the registry. */
const OFFLINE = {
  '@graphql-typed-document-node/core': folder('@graphql-typed-document-node/core'),
  'graphql-ws': folder('graphql-ws'),
  'js-tokens': folder('js-tokens'),
  'loose-envify': folder('loose-envify'),
}

/** Everything that was installed and packed. */
let place: string
/** A project with the kit in it, and all that its entries are for. */
let project: string
let tarball: string

function folder(name: string): string {
  return `file:${join(MODULES, name)}`
}

/** A project of somebody else, with the kit and `dependencies` in it as npm installs them. */
async function install(name: string, dependencies: Readonly<Record<string, string>>): Promise<string> {
  const home = join(place, name)
  await mkdir(home, { recursive: true })
  const manifest = {
    type: 'module',
    dependencies: { '@rostrum/client': `file:${tarball}`, ...OFFLINE, ...dependencies },
  }
  await writeFile(join(home, 'package.json'), JSON.stringify(manifest))
  const options = ['--offline', '--install-links', '--ignore-scripts', '--no-audit', '--no-fund']
  await run('npm', ['install', ...options], { cwd: home })
  return home
}

beforeAll(async () => {
  place = await makeTemporaryFolder('kit')
  // As in a fresh clone.
  await rm(join(KIT, 'dist'), { recursive: true, force: true })
  const [command = '', ...options] = PACK.split(' ')
  await run(command, [...options, place], { cwd: PROJECT })
  const { version } = JSON.parse(await readFile(join(KIT, 'package.json'), 'utf8'))
  tarball = join(place, `rostrum-client-${version}.tgz`)
  project = await install('all', { graphql: folder('graphql') })
  for (const peer of ['@apollo', '@types', '@urql', 'react', 'rxjs', 'wonka'])
    await symlink(join(MODULES, peer), join(project, 'node_modules', peer))
})
afterAll(() => rm(place, { recursive: true, force: true }))

describe('The package', () => {
  test('has every entry that it names, and loads from each', async () => {
    const { exports } = JSON.parse(await readFile(join(KIT, 'package.json'), 'utf8'))
    expect(Object.keys(exports)).toEqual(ENTRIES)
    const script = ENTRIES.map((entry) => entry.replace('.', '@rostrum/client'))
      .map((name) => `console.log('${name}', Object.keys(await import('${name}')).join(' '))`)
      .join('\n')
    await writeFile(join(project, 'entries.mjs'), script)
    const { stdout } = await run(process.execPath, ['entries.mjs'], { cwd: project })

    expect(stdout).toMatch(/^@rostrum\/client .*createRostrumClient/m)
    expect(stdout).toContain('@rostrum/client/apollo createRostrumLink\n')
    expect(stdout).toContain('@rostrum/client/urql createRostrumExchange\n')
    expect(stdout).toContain('@rostrum/client/event-source readEvents\n')
    expect(stdout).toMatch(/^@rostrum\/client\/react .*RostrumProvider/m)
  })

  test('has types that a strict project takes', async () => {
    const names = ENTRIES.map((entry) => entry.replace('.', '@rostrum/client'))
    const imports = names.map((name, index) => `import * as entry${index} from '${name}'`)
    const uses = names.map((_, index) => `console.log(entry${index})`)
    await writeFile(join(project, 'types.ts'), [...imports, ...uses].join('\n'))
    const options = [
      '--strict',
      '--noEmit',
      '--module',
      'nodenext',
      '--lib',
      'es2024,dom',
      '--types',
      'react',
    ]
    const tsc = join(PROJECT, 'node_modules/typescript/bin/tsc')
    const outcome = await run(process.execPath, [tsc, ...options, 'types.ts'], { cwd: project }).catch(
      ({ stdout }) => ({ stdout }),
    )
    // Of those that others wrote, some do not hold by themselves.
    const complaints = outcome.stdout
      .split('\n')
      .filter((line: string) => /^(types\.ts|node_modules\/@rostrum)/.test(line))
    expect(complaints).toEqual([])
  })

  test('holds what is built, its licence, and nothing else', async () => {
    const { stdout } = await run('tar', ['-tzf', tarball])
    const files = stdout
      .trim()
      .split('\n')
      .map((path) => path.replace('package/', ''))
    const built = files.filter((path) => /^dist\/.*\.(js|d\.ts|json)$/.test(path))
    expect(built).toEqual(expect.arrayContaining(['dist/index.js', 'dist/index.d.ts', 'dist/react/index.js']))
    expect(files.filter((path) => !built.includes(path)).sort()).toEqual([
      'LICENSE',
      'README.md',
      'package.json',
    ])
    expect(await readFile(join(KIT, 'LICENSE'), 'utf8')).toBe(
      await readFile(join(PROJECT, 'LICENSE'), 'utf8'),
    )
  })
})

describe.each([
  ['16', '19', 'graphql', 'react', 'react-dom'],
  ['16', '18', 'graphql', 'react18', 'react-dom18'],
  ['17', '19', 'graphql17', 'react', 'react-dom'],
  ['17', '18', 'graphql17', 'react18', 'react-dom18'],
])('With graphql %s and React %s', (graphqlVersion, reactVersion, graphql, react, dom) => {
  test('it installs, runs an operation and renders its hooks', async () => {
    const nested = join(MODULES, dom, 'node_modules/scheduler')
    const scheduler = reactVersion === '18' ? `file:${nested}` : folder('scheduler')
    const peers = { graphql: folder(graphql), react: folder(react), 'react-dom': folder(dom), scheduler }
    const home = await install(`${graphql}-${react}`, peers)
    await writeFile(join(home, 'try.mjs'), TRY)
    const { stdout } = await run(process.execPath, ['try.mjs'], { cwd: home })

    const tried = JSON.parse(stdout)
    expect(tried.versions.map((version: string) => version.split('.')[0])).toEqual([
      graphqlVersion,
      reactVersion,
    ])
    expect(tried.result).toEqual({ data: { ok: true } })
    expect(tried.html).toMatch(/^<p>idle loading 0<\/p>$/)
  })
})

/** Over a socket that acknowledges, and answers every operation with `{ ok: true }`. */
const TRY = `
import { version as graphql } from 'graphql'
import React, { createElement } from 'react'
import { renderToString } from 'react-dom/server'
import { createRostrumClient } from '@rostrum/client'
import { RostrumProvider, useAuction, useConnection, useRemaining } from '@rostrum/client/react'

class AnsweringSocket extends EventTarget {
  static CONNECTING = 0
  static OPEN = 1
  static CLOSING = 2
  static CLOSED = 3
  readyState = 1
  protocol = 'graphql-transport-ws'
  constructor() {
    super()
    setTimeout(() => this.onopen())
  }
  send(text) {
    const { id, type } = JSON.parse(text)
    const answer = (message) => setTimeout(() => this.onmessage({ data: JSON.stringify({ id, ...message }) }))
    if (type === 'connection_init') answer({ type: 'connection_ack', payload: {} })
    if (type !== 'subscribe') return
    answer({ type: 'next', payload: { data: { ok: true } } })
    answer({ type: 'complete' })
  }
  close(code = 1000) {
    this.onclose({ code, reason: '', wasClean: true })
  }
}

const client = createRostrumClient({ url: 'http://server.example', webSocketImpl: AnsweringSocket })
function Sign() {
  const text = [useConnection().kind, useAuction('auc_1').kind, useRemaining('2020-01-01T00:00:00.000Z')]
  return createElement('p', null, text.join(' '))
}
const html = renderToString(createElement(RostrumProvider, { value: client }, createElement(Sign)))
const result = await client.execute({ query: '{ ok }' })
await client.dispose()
console.log(JSON.stringify({ versions: [graphql, React.version], result, html }))
`

describe('The way to install it that the pages show', () => {
  const PAGES = [
    'client/README.md',
    'docs/guides/clients.md',
    ...['node', 'react-apollo', 'react-urql'].map((name) => `examples/${name}/README.md`),
  ]

  test.each(PAGES)('in %s is the one that is tried here', async (page) => {
    const text = await readFile(join(PROJECT, page), 'utf8')
    expect(text).toContain(`npm ci\n${PACK} client\n`)
    expect(text).not.toMatch(/npm install @rostrum\/client/)
  })

  test.each(['node', 'react-apollo', 'react-urql'])('is what examples/%s depends on', async (name) => {
    const home = join(PROJECT, 'examples', name)
    const { dependencies } = JSON.parse(await readFile(join(home, 'package.json'), 'utf8'))
    const named = dependencies['@rostrum/client'].replace('file:', '')
    expect(join(home, named)).toBe(join(KIT, basename(tarball)))
  })
})

describe('examples/node', () => {
  let house: RestartingNode
  beforeAll(async () => {
    house = await startRestartingNode({ databaseUrl: await freshDatabase() })
  })
  afterAll(() => house[Symbol.asyncDispose]())

  test('prints every bid once over a server that is killed, and ends with the auction', async () => {
    const { node } = house
    const [seller, ann] = [await node.token('seller'), await node.token('ann', { name: 'Ann' })]
    const roomId = await makeRoom(node, seller)
    const auctionId = await makeAuction(node, seller, roomId)
    const example = await readFile(join(PROJECT, 'examples/node/watch.mjs'))
    await writeFile(join(project, 'watch.mjs'), example)
    const env = ['env', `URL=${node.url}`, `TOKEN=${ann}`, `ROOM=${roomId}`]
    const watcher = startProcess({
      file: env[0] ?? '',
      args: [...env.slice(1), process.execPath, 'watch.mjs'],
      folder: project,
      lethal: 'SIGKILL',
    })

    // It is there when somebody watches.
    await vi.waitFor(
      async () => {
        const { data } = await post(
          node.url,
          'query ($id: ID!) { room(id: $id) { onlineCount } }',
          { id: roomId },
          seller,
        )
        expect(data).toEqual({ room: { onlineCount: 1 } })
      },
      { timeout: 20_000, interval: 100 },
    )
    for (let round = 0; round < 3; round += 1) {
      await placeBid(node, ann, { auctionId, amount: 500 + 1_000 * round })
      await house.crash()
    }
    await post(
      node.url,
      'mutation ($id: ID!) { hammerAuction(auctionId: $id) { __typename } }',
      { id: auctionId },
      seller,
    )

    const printed = (await watcher.exited).split('\n').filter((line) => /^\d+:/.test(line))
    const [first, second, third] = [500, 1500, 2500].map((price) =>
      formatMoney(price, { currency: 'EUR', currencyExponent: 2 }),
    )
    expect(printed).toEqual([
      '0: at its start',
      `1: Ann bids ${first}`,
      `2: Ann bids ${second}`,
      `3: Ann bids ${third}`,
      `4: sold to Ann for ${third}`,
    ])
  })
})
