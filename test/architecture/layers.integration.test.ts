import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Cruise, cruise, PROJECT } from './cruise.ts'

/** A file that breaks a rule, by what it imports. */
interface Planted {
  readonly rule: string
  readonly file: string
  readonly imports: string
}

const PLANTED: readonly Planted[] = [
  {
    rule: 'engine-kernel-imports-what-it-lists',
    file: 'src/engine/kernel/planted.ts',
    imports: '../storage/database.ts',
  },
  {
    rule: 'engine-kernel-imports-what-it-lists',
    file: 'src/engine/kernel/planted-feature.ts',
    imports: '../../features/rooms/rules/room.ts',
  },
  {
    rule: 'features-auctions-uses-its-modules-of-node',
    file: 'src/features/auctions/planted-io.ts',
    imports: 'node:fs',
  },
  {
    rule: 'features-auctions-uses-its-packages',
    file: 'src/features/auctions/planted-package.ts',
    imports: 'graphql',
  },
  {
    rule: 'rules-are-pure',
    file: 'src/features/auctions/rules/planted.ts',
    imports: '../tables.ts',
  },
  {
    rule: 'features-messages-imports-what-it-lists',
    file: 'src/features/messages/planted.ts',
    imports: '../auctions/rules/bid.ts',
  },
  {
    rule: 'features-rooms-imports-what-it-lists',
    file: 'src/features/rooms/planted.ts',
    imports: '../messages/rules/message.ts',
  },
  {
    rule: 'engine-storage-uses-its-packages',
    file: 'src/engine/storage/planted.ts',
    imports: 'graphql',
  },
  {
    rule: 'engine-storage-imports-what-it-lists',
    file: 'src/engine/storage/planted-hub.ts',
    imports: '../hub/hub.ts',
  },
  {
    rule: 'only-the-storage-knows-its-driver',
    file: 'src/engine/history/planted-driver.ts',
    imports: 'pg',
  },
  {
    rule: 'aggregates-read-what-they-lock',
    file: 'src/features/rooms/planted.aggregate.ts',
    imports: './reads/rooms.ts',
  },
  {
    rule: 'engine-commands-imports-what-it-lists',
    file: 'src/engine/commands/planted.ts',
    imports: '../../features/rooms/rules/room.ts',
  },
  {
    rule: 'engine-hub-uses-its-packages',
    file: 'src/engine/hub/planted-package.ts',
    imports: 'prom-client',
  },
  {
    rule: 'engine-hub-imports-what-it-lists',
    file: 'src/engine/hub/planted-feature.ts',
    imports: '../../features/rooms/rules/room.ts',
  },
  {
    rule: 'platform-metrics-imports-what-it-lists',
    file: 'src/platform/metrics/planted.ts',
    imports: '../../features/rooms/reads/rooms.ts',
  },
  {
    rule: 'pubsub-imports-what-it-lists',
    file: 'src/pubsub/planted.ts',
    imports: '../engine/history/entry.ts',
  },
  {
    rule: 'engine-presence-imports-what-it-lists',
    file: 'src/engine/presence/planted.ts',
    imports: '../hub/hub.ts',
  },
  {
    rule: 'only-redis-implementations-know-redis',
    file: 'src/pubsub/planted-redis.ts',
    imports: 'ioredis',
  },
  {
    rule: 'only-a-node-that-traces-loads-opentelemetry',
    file: 'src/engine/hub/planted-otel.ts',
    imports: '@opentelemetry/core',
  },
  {
    rule: 'tracing-is-loaded-when-it-is-on',
    file: 'src/engine/hub/planted-otlp.ts',
    imports: '../../platform/tracing/tracing.otlp.ts',
  },
  {
    rule: 'engine-hub-imports-what-it-lists',
    file: 'src/engine/hub/planted.ts',
    imports: '../../pubsub/bus.memory.ts',
  },
  {
    rule: 'engine-hub-uses-its-packages',
    file: 'src/engine/hub/planted-socket.ts',
    imports: 'ws',
  },
  {
    rule: 'only-the-node-picks-implementations',
    file: 'src/engine/processes/planted.ts',
    imports: '../../pubsub/bus.redis.ts',
  },
  {
    rule: 'only-aggregates-decide',
    file: 'src/resolvers/planted.ts',
    imports: '../features/auctions/rules/decide.ts',
  },
  {
    rule: 'resolvers-uses-its-packages',
    file: 'src/resolvers/planted-pothos.ts',
    imports: '@pothos/core',
  },
  {
    rule: 'schema-imports-what-it-lists',
    file: 'src/schema/planted.ts',
    imports: '../engine/history/tables.ts',
  },
  {
    rule: 'transport-imports-what-it-lists',
    file: 'src/transport/planted.ts',
    imports: '../features/auctions/rules/bid.ts',
  },
  {
    rule: 'only-its-folder-knows-a-protocol',
    file: 'src/transport/http/planted.ts',
    imports: 'graphql-ws',
  },
  {
    rule: 'only-http-knows-its-libraries',
    file: 'src/transport/planted-router.ts',
    imports: 'hono',
  },
  {
    rule: 'only-main-and-demo-start-a-node',
    file: 'src/planted.ts',
    imports: './node.ts',
  },
  {
    rule: 'every-folder-is-listed',
    file: 'src/planted/planted.ts',
    imports: '../engine/kernel/id.ts',
  },
  {
    rule: 'src-stands-alone',
    file: 'src/platform/health/planted.ts',
    imports: '../../../test/planted.ts',
  },
  {
    rule: 'the-kit-stands-alone',
    file: 'client/src/planted.ts',
    imports: '../../src/engine/kernel/id.ts',
  },
  {
    rule: 'the-kit-asks-for-react-where-it-is-used',
    file: 'client/src/planted-react.ts',
    imports: 'react',
  },
  {
    rule: 'the-page-is-a-client-like-others',
    file: 'web/src/planted.ts',
    imports: '../../client/src/clock.ts',
  },
  {
    rule: 'everything-is-found',
    file: 'src/platform/health/planted-nowhere.ts',
    imports: './nowhere.ts',
  },
]

/** A copy of the tree, for planting. Removed when the tests are over. */
let garden: string

beforeAll(async () => {
  garden = await mkdtemp(join(tmpdir(), 'rostrum-layers-'))
  for (const name of [
    'src',
    'client/src',
    'web/src',
    'package.json',
    'tsconfig.json',
    '.dependency-cruiser.cjs',
  ]) {
    await cp(join(PROJECT, name), join(garden, name), { recursive: true })
  }
  await symlink(join(PROJECT, 'node_modules'), join(garden, 'node_modules'))
})

afterAll(async () => {
  await rm(garden, { recursive: true })
})

async function plant(file: string, text: string): Promise<void> {
  const path = join(garden, file)
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, text)
}

describe('the layers', () => {
  let found: Cruise

  beforeAll(async () => {
    found = await cruise(PROJECT)
  })

  test('hold', () => {
    expect(found.violations).toEqual([])
  })

  // A cruiser that can't read TypeScript finds no module, and so nothing wrong with any.
  test('are looked at whole', () => {
    expect(found.moduleCount).toBeGreaterThan(50)
  })
})

describe('a violation', () => {
  let found: Cruise

  beforeAll(async () => {
    await plant('test/planted.ts', 'export const planted = 1\n')
    for (const { file, imports } of PLANTED) await plant(file, `import '${imports}'\n`)
    await plant(
      'src/engine/kernel/circle-a.ts',
      "export type { B } from './circle-b.ts'\nexport type A = 1\n",
    )
    await plant(
      'src/engine/kernel/circle-b.ts',
      "export type { A } from './circle-a.ts'\nexport type B = 1\n",
    )
    await plant(
      'src/engine/hub/planted-type.ts',
      "import type { Room } from '../../features/rooms/rules/room.ts'\nexport type R = Room\n",
    )
    found = await cruise(garden)
  })

  test.each(PLANTED)('of $rule is reported', ({ rule, file }) => {
    expect(found.violations).toContainEqual(expect.stringContaining(`${rule}: ${file} → `))
  })

  test('by a type alone is reported', () => {
    const violation =
      'engine-hub-imports-what-it-lists: src/engine/hub/planted-type.ts → src/features/rooms/rules/room.ts'
    expect(found.violations).toContain(violation)
  })

  test('by a circle of types is reported', () => {
    expect(found.violations).toContainEqual(
      expect.stringMatching(/^no-circles: src\/engine\/kernel\/circle-[ab]\.ts/),
    )
  })
})
