/** The contract of tracing, without the code that records spans. */
const TRACING = ['platform/tracing/spans.ts', 'platform/tracing/tracing.ts']

/**
 * What each folder of `src` may import. An import that is not listed is refused, so every new dependency is a line here
 * that somebody has to justify. Imports of types count.
 *
 * - `knows`: folders or files of `src`, in addition to the folder itself.
 * - `packages`: packages of npm.
 * - `node`: modules of Node, without `node:`; `true` for folders that deal with the world outside.
 *
 * @type {Record<string, { knows?: string[], packages?: string[], node?: string[] | true }>}
 */
const FOLDERS = {
  // What features are made of: the files directly in src/engine.
  'engine/*': { knows: ['engine/'] },
  // dinero.js holds the table of ISO 4217.
  'engine/kernel': { packages: ['dinero.js'], node: ['crypto', 'util'] },
  'engine/storage': {
    knows: ['engine/kernel/', 'platform/config/private-directory.ts'],
    packages: ['@electric-sql/pglite', 'drizzle-orm', 'lru-cache', 'pg'],
    node: true,
  },
  'engine/history': {
    knows: ['engine/kernel/', 'engine/storage/'],
    packages: ['drizzle-orm'],
    node: ['crypto'],
  },
  'engine/commands': {
    knows: ['engine/hooks.ts', 'engine/kernel/', 'engine/storage/', 'engine/history/', ...TRACING],
    packages: ['drizzle-orm', 'lru-cache'],
  },
  'engine/presence': { knows: ['engine/kernel/', 'pubsub/bus.ts', 'platform/redis/'] },
  'engine/hub': {
    knows: [
      'engine/kernel/',
      'engine/history/entry.ts',
      'engine/history/history.ts',
      'engine/history/notice.ts',
      // Tells an unreachable database from a fault of ours.
      'engine/storage/faults.ts',
      'engine/presence/presence-session.ts',
      'engine/service.ts',
      'pubsub/bus.ts',
      'platform/auth/viewer.ts',
      ...TRACING,
    ],
    packages: ['graphql'],
  },
  // One client over any transport. It runs plans and promises; it knows no GraphQL document.
  'engine/session': {
    knows: [
      'engine/kernel/',
      'engine/hub/delivery.ts',
      'engine/hub/hub.ts',
      'engine/hub/source.ts',
      'engine/presence/presence-session.ts',
      'platform/auth/credentials.ts',
      'platform/auth/revocations.ts',
      'platform/auth/verifier.ts',
      'platform/auth/viewer.ts',
      'platform/limits/',
    ],
    // The class of errors that subscriptions end with.
    packages: ['graphql'],
    node: ['timers/promises'],
  },
  'engine/processes': {
    knows: ['engine/kernel/', 'engine/storage/', 'engine/history/', 'engine/commands/'],
    packages: ['drizzle-orm'],
  },
  'engine/verify': { knows: ['engine/kernel/', 'engine/storage/'], packages: ['drizzle-orm'] },
  pubsub: {
    knows: ['engine/kernel/', 'platform/redis/'],
    packages: ['graphql-redis-subscriptions', 'ioredis'],
    node: ['crypto', 'timers/promises'],
  },
  'platform/config': { node: true },
  'platform/tracing': {
    knows: ['engine/kernel/', 'platform/config/tracing.ts'],
    packages: [
      '@opentelemetry/api',
      '@opentelemetry/core',
      '@opentelemetry/exporter-trace-otlp-http',
      '@opentelemetry/resources',
      '@opentelemetry/sdk-trace',
    ],
    node: ['async_hooks', 'timers/promises'],
  },
  'platform/logging': {
    knows: ['platform/config/config.ts'],
    packages: ['pino', 'pino-pretty'],
    node: ['async_hooks'],
  },
  'platform/auth': {
    knows: ['engine/kernel/', 'platform/config/config.ts'],
    packages: ['jose', 'lru-cache'],
    node: ['crypto'],
  },
  'platform/redis': { packages: ['ioredis'], node: ['crypto', 'timers/promises'] },
  'platform/limits': {
    knows: ['engine/kernel/', 'platform/redis/'],
    packages: ['graphql', 'lru-cache'],
    node: ['async_hooks', 'net'],
  },
  'platform/health': {
    knows: ['engine/kernel/', 'engine/storage/', 'pubsub/bus.ts'],
    packages: ['drizzle-orm'],
  },
  'platform/metrics': {
    knows: [
      'engine/kernel/',
      'engine/commands/metrics.ts',
      'engine/hub/hub.ts',
      'engine/presence/presence.ts',
      'engine/storage/activity.ts',
      'platform/health/readiness.ts',
      'pubsub/bus.ts',
    ],
    packages: ['prom-client'],
    node: ['perf_hooks'],
  },
  resolvers: {
    knows: [
      'engine/kernel/',
      'engine/storage/',
      'engine/history/',
      'engine/commands/',
      'engine/hub/client-errors.ts',
      'engine/hub/plan-context.ts',
      'engine/hub/source.ts',
      'engine/presence/',
      'engine/service.ts',
      'engine/session/client-key.ts',
      'features/',
      'platform/auth/viewer.ts',
      'platform/limits/rates.ts',
    ],
    packages: ['graphql', 'lru-cache'],
    node: ['crypto'],
  },
  schema: {
    knows: [
      'engine/feature.ts',
      'engine/kernel/',
      'engine/hub/client-errors.ts',
      'engine/hub/source.ts',
      'engine/presence/roster.ts',
      'features/',
      'platform/auth/viewer.ts',
      'platform/limits/field-cost.ts',
      'resolvers/',
    ],
    packages: ['@pothos/core', 'graphql'],
  },
  transport: {
    knows: [
      'engine/kernel/',
      'engine/hub/delivery.ts',
      'engine/hub/source.ts',
      'engine/session/',
      // Tells an unreachable database from a fault of ours; nothing else of the storage.
      'engine/storage/faults.ts',
      'platform/auth/',
      'platform/config/allowed-origins.ts',
      'platform/config/trusted-documents.ts',
      'platform/health/readiness.ts',
      'platform/limits/',
      'platform/logging/scope.ts',
      'resolvers/broadcast.ts',
      'resolvers/capabilities.ts',
      'resolvers/context.ts',
      'resolvers/errors.ts',
      'resolvers/services.ts',
      ...TRACING,
    ],
    packages: [
      '@graphql-tools/documents',
      '@graphql-yoga/render-graphiql',
      '@hono/node-server',
      'graphql',
      'graphql-ws',
      'graphql-yoga',
      'hono',
      'lru-cache',
      'negotiator',
      'pino',
      'ws',
    ],
    node: true,
  },
  demo: {
    knows: [
      'node.ts',
      'engine/kernel/',
      'features/',
      'resolvers/services.ts',
      'platform/auth/dev-token.ts',
      'platform/config/config.ts',
    ],
    packages: ['pino'],
  },
}

/**
 * Which features a feature builds on. What it does when another feature changes, it registers as a hook of that feature.
 *
 * @type {Record<string, string[]>}
 */
const FEATURES = {
  users: [],
  rooms: ['users'],
  wallets: ['users'],
  messages: ['users', 'rooms'],
  auctions: ['users', 'rooms', 'wallets'],
  trading: ['users', 'rooms'],
  leaderboards: ['users', 'rooms', 'auctions'],
  announcements: ['rooms'],
  notifications: ['users', 'rooms', 'messages', 'auctions'],
  statuses: [],
}

/** What every feature may import of the engine and of its packages. */
const OF_A_FEATURE = {
  knows: ['engine/', 'platform/auth/viewer.ts', 'platform/auth/revocations.ts'],
  packages: ['drizzle-orm', 'lru-cache'],
  node: ['crypto'],
}

for (const [name, requires] of Object.entries(FEATURES)) {
  FOLDERS[`features/${name}`] = {
    ...OF_A_FEATURE,
    knows: [...OF_A_FEATURE.knows, ...requires.map((other) => `features/${other}/`)],
  }
}
FOLDERS['features/notifications'].packages.push('standardwebhooks')

/** @param {string} folder */
const ruleOf = (folder) => folder.replace('/*', '').replace('/', '-')
const literal = (text) => text.replace(/[.\\/+*?^${}()|[\]-]/g, '\\$&')
const ofSrc = (place) => `^src/${literal(place)}${place.endsWith('/') ? '' : '$'}`
const ofNpm = (name) => `(^|/)node_modules/${literal(name)}/`

/** Packages without code: there is nothing to be found. */
const TYPES_ALONE = ['^@graphql-typed-document-node/core$']

/** The kit by the name under which others install it: there is nothing to be found before it is built. */
const KIT_BY_NAME = '^(@rostrum/client|client/dist/)'

/** The implementations of a contract: `bus.memory.ts`, `bus.redis.ts`. */
const IMPLEMENTATION = '\\.(memory|otlp|redis)\\.ts$'

/** @param {string} folder @param {object} from @param {string[]} modules */
const nodeArrow = (folder, from, modules) => ({
  name: `${ruleOf(folder)}-uses-its-modules-of-node`,
  comment: `src/${folder} may import these modules of Node: ${modules.join(', ') || 'none'}.`,
  severity: 'error',
  from,
  to: {
    dependencyTypes: ['core'],
    ...(modules.length > 0 ? { pathNot: `^(node:)?(${modules.map(literal).join('|')})$` } : {}),
  },
})

function arrowsOf([folder, { knows = [], packages = [], node = [] }]) {
  // A feature's declaration lists its part in the schema.
  const pathNot = folder.startsWith('features/') ? { pathNot: '/feature\\.ts$' } : {}
  const from = {
    ...pathNot,
    path: folder.endsWith('/*') ? `^src/${folder.slice(0, -1)}[^/]+$` : `^src/${folder}/`,
  }
  return [
    {
      name: `${ruleOf(folder)}-imports-what-it-lists`,
      comment: `src/${folder} may import ${['itself', ...knows].join(', ')}, and nothing else of src.`,
      severity: 'error',
      from,
      to: { path: '^src/', pathNot: [from.path, ...knows.map(ofSrc)] },
    },
    {
      name: `${ruleOf(folder)}-uses-its-packages`,
      comment: `src/${folder} may import these packages: ${packages.join(', ') || 'none'}.`,
      severity: 'error',
      from,
      to: { path: '(^|/)node_modules/', ...(packages.length > 0 ? { pathNot: packages.map(ofNpm) } : {}) },
    },
    ...(node === true ? [] : [nodeArrow(folder, from, node)]),
  ]
}

/** @param {string} name @param {string} comment @param {object} from @param {object} to */
const refuse = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to })

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...Object.entries(FOLDERS).flatMap(arrowsOf),
    refuse(
      'every-folder-is-listed',
      'A new folder of src is listed in FOLDERS, with what it may import.',
      {
        path: '^src/[^/]+/',
        pathNot: Object.keys(FOLDERS).map(
          (folder) => `^src/${folder.replace(/\*$/, '[^/]+$')}${folder.endsWith('*') ? '' : '/'}`,
        ),
      },
      {},
    ),
    refuse(
      'src-stands-alone',
      'What runs in production imports no test, script, measurement or client.',
      { path: '^src/' },
      {
        pathNot: ['^src/', '(^|/)node_modules/', '^package\\.json$'],
        dependencyTypesNot: ['core'],
      },
    ),
    refuse(
      'only-main-and-demo-start-a-node',
      'node.ts imports every part, and so does a file that imports it.',
      { pathNot: ['^src/main\\.ts$', '^src/demo/'] },
      { path: '^src/node\\.ts$' },
    ),
    refuse(
      'only-the-node-picks-implementations',
      'Everyone else knows the contract. Implementations know the parts of their own kind.',
      { path: '^src/', pathNot: ['^src/implementations\\.ts$', IMPLEMENTATION] },
      { path: IMPLEMENTATION },
    ),
    refuse(
      'only-the-node-assembles',
      'The database is opened, and the command queues are created, in one place.',
      { path: '^src/', pathNot: '^src/(node|implementations)\\.ts$' },
      { path: '^src/engine/(storage/open-database|commands/create-dispatch)\\.ts$' },
    ),
    refuse(
      'one-kind-of-bus-knows-no-other',
      'The bus in memory runs without Redis.',
      { path: '\\.memory\\.ts$' },
      { path: '\\.redis\\.ts$' },
    ),
    refuse(
      'only-a-node-that-traces-loads-opentelemetry',
      'Its SDK is imported in one file, and that one when it is asked for.',
      { path: '^src/', pathNot: '\\.otlp\\.ts$' },
      { path: '(^|/)node_modules/@opentelemetry/' },
    ),
    refuse(
      'tracing-is-loaded-when-it-is-on',
      'See above.',
      { path: '^src/' },
      { path: '\\.otlp\\.ts$', dynamic: false },
    ),
    refuse(
      'only-redis-implementations-know-redis',
      'A node without REDIS_URL has none.',
      { path: '^src/', pathNot: '\\.redis\\.ts$' },
      { path: ['ioredis', 'graphql-redis-subscriptions'].map(ofNpm) },
    ),
    refuse(
      'only-aggregates-decide',
      'A rule holds because it runs under the lock of its topic: only aggregates call deciders, and verification to repeat them.',
      {
        path: '^src/',
        pathNot: ['^src/features/[^/]+/rules/', '^src/features/[^/]+/verify', '(aggregate|projection)\\.ts$'],
      },
      { path: '^src/features/[^/]+/rules/.*(decide|evolve)\\.ts$' },
    ),
    refuse(
      'a-declaration-knows-its-feature',
      'feature.ts imports its own folder, its part in the schema, and hooks of the features that it builds on.',
      { path: '^src/features/([^/]+)/feature\\.ts$' },
      {
        path: '^src/',
        pathNot: [
          '^src/features/$1/',
          '^src/features/[^/]+/(hooks|ids)\\.ts$',
          '^src/engine/',
          '^src/schema/',
          '^src/resolvers/',
        ],
      },
    ),
    refuse(
      'rules-are-pure',
      'Rules import the kernel, and ids and rules of the features that theirs builds on.',
      { path: '^src/features/[^/]+/rules/' },
      {
        path: '^src/',
        pathNot: [
          '^src/engine/kernel/',
          '^src/engine/commands/report\\.ts$',
          '^src/features/[^/]+/(rules/|ids\\.ts$)',
        ],
      },
    ),
    refuse(
      'aggregates-read-what-they-lock',
      'Reads for display see a snapshot; a command sees the state under its lock.',
      { path: '^src/features/[^/]+/.*aggregate\\.ts$' },
      { path: '^src/features/[^/]+/reads/' },
    ),
    refuse(
      'only-the-storage-knows-its-driver',
      'One code path over PostgreSQL and PGlite: all other code sees the database as Drizzle presents it.',
      {
        path: '^src/',
        pathNot:
          '^src/engine/storage/(connect-hook|connections|connection-source|embedded\\.worker|identity|migrate|open-database|pool|transaction|watch)\\.ts$',
      },
      { path: ['pg', '@electric-sql/pglite'].map(ofNpm) },
    ),
    refuse(
      'only-its-folder-knows-a-protocol',
      'Only transport/ws knows WebSockets.',
      { path: '^src/transport/', pathNot: '^src/transport/ws/' },
      { path: ['ws', 'graphql-ws'].map(ofNpm) },
    ),
    refuse(
      'only-http-knows-its-libraries',
      'What both transports share is their own, not that of the HTTP server.',
      { path: '^src/transport/', pathNot: '^src/transport/http/' },
      { path: ['@hono/node-server', 'graphql-yoga', '@graphql-yoga/render-graphiql', 'hono'].map(ofNpm) },
    ),
    refuse(
      'the-kit-stands-alone',
      'What clients install is a package of its own, with no code of the server in it.',
      { path: '^client/src/' },
      { pathNot: ['^client/src/', '(^|/)node_modules/', ...TYPES_ALONE] },
    ),
    ...[
      ['apollo\\.ts$', ['@apollo/client', 'rxjs']],
      ['urql\\.ts$', ['@urql/core']],
      ['react/', ['react']],
    ].map(([place, packages]) =>
      refuse(
        `the-kit-asks-for-${packages.at(-1).replace('@urql/core', 'urql').replace('rxjs', 'apollo')}-where-it-is-used`,
        'Who installs the kit for one library has no other.',
        { path: '^client/src/', pathNot: `^client/src/${place}` },
        { path: packages.map(ofNpm) },
      ),
    ),
    refuse(
      'the-page-is-a-client-like-others',
      'The live page knows the kit by what it exports, and nothing of the server.',
      { path: '^web/src/' },
      { pathNot: ['^web/src/', '(^|/)node_modules/', KIT_BY_NAME, ...TYPES_ALONE] },
    ),
    refuse(
      'no-circles',
      'Of two files that need each other, neither can be understood first.',
      {},
      { circular: true },
    ),
    refuse(
      'everything-is-found',
      'An import that leads nowhere.',
      {},
      { couldNotResolve: true, pathNot: [...TYPES_ALONE, KIT_BY_NAME] },
    ),
    refuse(
      'packages-are-declared',
      'What runs in production is listed under dependencies.',
      { path: '^src/' },
      { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev'], dependencyTypesNot: ['type-only'] },
    ),
  ],
  options: {
    // What is built of the kit stands there or not.
    doNotFollow: { path: ['node_modules', '^client/dist/'] },
    tsConfig: { fileName: 'tsconfig.json' },
    // Imports of types are arrows too.
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types', 'default'],
    },
  },
}
