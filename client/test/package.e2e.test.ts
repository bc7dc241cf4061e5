import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { post } from '../../test/support/graphql-client.ts'
import { freshDatabase } from '../../test/support/postgres-shared.ts'
import { makeTemporaryFolder, run, startProcess } from '../../test/support/process.ts'
import { type RestartingNode, startRestartingNode } from '../../test/support/restarting-node.ts'
import { makeAuction, makeRoom, placeBid } from '../../test/support/rooms.ts'

const KIT = join(import.meta.dirname, '..')
const PROJECT = join(KIT, '..')
const ENTRIES = ['.', './apollo', './urql', './event-source', './react'] as const
/** What a project of somebody else installs beside the kit. */
const PEERS = [
  '@apollo',
  '@graphql-typed-document-node',
  '@types',
  '@urql',
  'graphql',
  'graphql-ws',
  'react',
  'rxjs',
  'wonka',
]

/** A project with the kit in it as `npm pack` makes it. */
let project: string

beforeAll(async () => {
  project = await makeTemporaryFolder('kit')
  const kit = join(project, 'node_modules/@rostrum/client')
  await mkdir(kit, { recursive: true })
  for (const peer of PEERS)
    await symlink(join(PROJECT, 'node_modules', peer), join(project, 'node_modules', peer))
  await rm(join(KIT, 'dist'), { recursive: true, force: true })
  await run(
    process.execPath,
    [join(PROJECT, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'],
    { cwd: KIT },
  )
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', project], { cwd: KIT })
  const [{ filename }] = JSON.parse(stdout)
  await run('tar', ['-xzf', join(project, filename), '--strip-components=1', '-C', kit])
})
afterAll(() => rm(project, { recursive: true, force: true }))

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

  test('holds what is built and nothing else', async () => {
    const { stdout } = await run('npm', ['pack', '--dry-run', '--json'], { cwd: KIT })
    const [{ files }] = JSON.parse(stdout)
    const others = files
      .map(({ path }: { readonly path: string }) => path)
      .filter((path: string) => !/^dist\/.*\.(js|d\.ts|json)$/.test(path))
    expect(others.sort()).toEqual(['README.md', 'package.json'])
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
    expect(printed).toEqual([
      '0: at its start',
      '1: Ann bids 500',
      '2: Ann bids 1500',
      '3: Ann bids 2500',
      '4: sold to Ann for 2500',
    ])
  })
})
