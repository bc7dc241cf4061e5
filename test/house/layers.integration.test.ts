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
    rule: 'kernel-knows-its-neighbours',
    file: 'src/kernel/planted.ts',
    imports: '../domain/actor.ts',
  },
  {
    rule: 'domain-knows-its-modules-of-node',
    file: 'src/domain/auction/planted-io.ts',
    imports: 'node:fs',
  },
  {
    rule: 'domain-knows-its-packages',
    file: 'src/domain/auction/planted-package.ts',
    imports: 'graphql',
  },
  {
    rule: 'aggregates-of-the-domain-keep-apart',
    file: 'src/domain/message/planted.ts',
    imports: '../auction/bid.ts',
  },
  {
    rule: 'log-knows-its-packages',
    file: 'src/log/planted.ts',
    imports: 'graphql',
  },
  {
    rule: 'log-knows-its-neighbours',
    file: 'src/log/planted-hub.ts',
    imports: '../hub/hub.ts',
  },
  {
    rule: 'only-the-record-knows-its-driver',
    file: 'src/log/planted-driver.ts',
    imports: 'pg',
  },
  {
    rule: 'commands-read-what-they-lock',
    file: 'src/command/planted.ts',
    imports: '../log/read/rooms.ts',
  },
  {
    rule: 'hub-knows-its-packages',
    file: 'src/hub/planted-package.ts',
    imports: 'prom-client',
  },
  {
    rule: 'metrics-knows-its-neighbours',
    file: 'src/metrics/planted.ts',
    imports: '../log/read/rooms.ts',
  },
  {
    rule: 'pubsub-knows-its-neighbours',
    file: 'src/pubsub/planted.ts',
    imports: '../log/entry.ts',
  },
  {
    rule: 'presence-knows-its-neighbours',
    file: 'src/presence/planted.ts',
    imports: '../hub/hub.ts',
  },
  {
    rule: 'only-redis-implementations-know-redis',
    file: 'src/pubsub/planted-redis.ts',
    imports: 'ioredis',
  },
  {
    rule: 'only-a-node-that-traces-loads-opentelemetry',
    file: 'src/hub/planted-otel.ts',
    imports: '@opentelemetry/core',
  },
  {
    rule: 'tracing-is-loaded-when-it-is-on',
    file: 'src/hub/planted-otlp.ts',
    imports: '../tracing/tracing.otlp.ts',
  },
  {
    rule: 'hub-knows-its-neighbours',
    file: 'src/hub/planted.ts',
    imports: '../pubsub/bus.memory.ts',
  },
  {
    rule: 'hub-knows-its-packages',
    file: 'src/hub/planted-socket.ts',
    imports: 'ws',
  },
  {
    rule: 'only-app-picks-implementations',
    file: 'src/scheduler/planted.ts',
    imports: '../pubsub/bus.redis.ts',
  },
  {
    rule: 'only-commands-decide',
    file: 'src/resolvers/planted.ts',
    imports: '../domain/auction/decide.ts',
  },
  {
    rule: 'resolvers-knows-its-packages',
    file: 'src/resolvers/planted-pothos.ts',
    imports: '@pothos/core',
  },
  {
    rule: 'schema-knows-its-neighbours',
    file: 'src/schema/planted.ts',
    imports: '../log/schema.ts',
  },
  {
    rule: 'transport-knows-its-neighbours',
    file: 'src/transport/planted.ts',
    imports: '../domain/auction/bid.ts',
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
    imports: './app.ts',
  },
  {
    rule: 'every-folder-has-its-arrows',
    file: 'src/planted/planted.ts',
    imports: '../kernel/id.ts',
  },
  {
    rule: 'src-stands-alone',
    file: 'src/health/planted.ts',
    imports: '../../test/planted.ts',
  },
  {
    rule: 'the-kit-stands-alone',
    file: 'client/src/planted.ts',
    imports: '../../src/kernel/id.ts',
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
    file: 'src/health/planted-nowhere.ts',
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
    await plant('src/kernel/circle-a.ts', "export type { B } from './circle-b.ts'\nexport type A = 1\n")
    await plant('src/kernel/circle-b.ts', "export type { A } from './circle-a.ts'\nexport type B = 1\n")
    await plant(
      'src/hub/planted-type.ts',
      "import type { Room } from '../domain/room/room.ts'\nexport type R = Room\n",
    )
    found = await cruise(garden)
  })

  test.each(PLANTED)('of $rule is reported', ({ rule, file }) => {
    expect(found.violations).toContainEqual(expect.stringContaining(`${rule}: ${file} → `))
  })

  test('by a type alone is reported', () => {
    const violation = 'hub-knows-its-neighbours: src/hub/planted-type.ts → src/domain/room/room.ts'
    expect(found.violations).toContain(violation)
  })

  test('by a circle of types is reported', () => {
    expect(found.violations).toContainEqual(
      expect.stringMatching(/^no-circles: src\/kernel\/circle-[ab]\.ts/),
    )
  })
})
