/** What whoever takes part in a trace knows of it: nothing of how it is recorded. */
const TRACING = ['tracing/spans.ts', 'tracing/tracing.ts']

/**
 * The arrows between the folders of `src`. Each folder names what it knows; whatever it does not name is refused,
 * so that a new arrow is a line here that someone has to want. Types count as much as values do.
 *
 * - `knows`: folders or files of `src`, beside the folder's own.
 * - `packages`: packages of npm.
 * - `node`: modules of Node, without `node:`; `true` where a folder is there to deal with the world outside.
 *
 * @type {Record<string, { knows?: string[], packages?: string[], node?: string[] | true }>}
 */
const FOLDERS = {
  kernel: { node: ['crypto', 'util'] },
  // The table of ISO 4217 is data that rules need.
  domain: { knows: ['kernel/'], packages: ['dinero.js'] },
  config: { node: true },
  tracing: {
    knows: ['kernel/', 'config/tracing.ts'],
    packages: [
      '@opentelemetry/api',
      '@opentelemetry/core',
      '@opentelemetry/exporter-trace-otlp-http',
      '@opentelemetry/resources',
      '@opentelemetry/sdk-trace',
    ],
    node: ['async_hooks', 'timers/promises'],
  },
  logging: { knows: ['config/config.ts'], packages: ['pino', 'pino-pretty'], node: ['async_hooks'] },
  auth: {
    knows: ['kernel/', 'domain/actor.ts', 'domain/person.ts', 'config/config.ts'],
    packages: ['jose', 'lru-cache'],
    node: ['crypto'],
  },
  log: {
    knows: ['kernel/', 'domain/', 'config/private-directory.ts'],
    packages: ['@electric-sql/pglite', 'drizzle-orm', 'lru-cache', 'pg'],
    node: true,
  },
  command: { knows: ['kernel/', 'domain/', 'log/', ...TRACING], packages: ['drizzle-orm', 'lru-cache'] },
  redis: { packages: ['ioredis'], node: ['crypto', 'timers/promises'] },
  pubsub: {
    knows: ['kernel/', 'redis/'],
    packages: ['graphql-redis-subscriptions', 'ioredis'],
    node: ['crypto', 'timers/promises'],
  },
  presence: { knows: ['kernel/', 'domain/person.ts', 'pubsub/bus.ts', 'redis/'] },
  limits: { knows: ['kernel/', 'redis/'], packages: ['graphql', 'lru-cache'], node: ['async_hooks', 'net'] },
  hub: {
    knows: [
      'kernel/',
      'log/entry.ts',
      // What tells a database that is away from a fault of ours.
      'log/faults.ts',
      'log/history.ts',
      'log/notice.ts',
      'presence/attendee.ts',
      'pubsub/bus.ts',
      'auth/viewer.ts',
      ...TRACING,
    ],
    packages: ['graphql'],
  },
  // One client over any transport: it knows what it runs as a plan and as a promise, not as GraphQL.
  session: {
    knows: [
      'kernel/',
      'auth/credentials.ts',
      'auth/revocations.ts',
      'auth/verifier.ts',
      'auth/viewer.ts',
      'hub/delivery.ts',
      'hub/hub.ts',
      'hub/source.ts',
      'limits/connections.ts',
      'limits/operation-queue.ts',
      'limits/selection-budget.ts',
      'limits/user-connections.ts',
      'presence/attendee.ts',
      'resolvers/context.ts',
    ],
    // The class of errors that subscriptions end with.
    packages: ['graphql'],
    node: ['timers/promises'],
  },
  scheduler: {
    knows: ['kernel/', 'domain/actor.ts', 'log/database.ts', 'log/faults.ts', 'command/dispatch.ts'],
    packages: ['drizzle-orm'],
  },
  follower: { knows: ['kernel/', 'domain/', 'log/'], packages: ['drizzle-orm'] },
  verify: { knows: ['kernel/', 'domain/', 'log/database.ts', 'log/schema.ts'], packages: ['drizzle-orm'] },
  revocation: {
    knows: [
      'kernel/',
      'log/read/',
      'log/database.ts',
      'log/entry.ts',
      'log/until-available.ts',
      'hub/feed.ts',
      'hub/hub.ts',
      'auth/revocations.ts',
    ],
  },
  webhook: {
    knows: ['kernel/', 'domain/', 'log/database.ts', 'log/schema.ts'],
    packages: ['drizzle-orm', 'standardwebhooks'],
  },
  health: {
    knows: ['kernel/', 'log/database.ts', 'log/activity.ts', 'log/faults.ts', 'pubsub/bus.ts'],
    packages: ['drizzle-orm'],
  },
  metrics: {
    knows: [
      'kernel/',
      'command/figures.ts',
      'health/readiness.ts',
      'hub/hub.ts',
      'log/activity.ts',
      'presence/presence.ts',
      'pubsub/bus.ts',
    ],
    packages: ['prom-client'],
    node: ['perf_hooks'],
  },
  resolvers: {
    knows: [
      'kernel/',
      'domain/',
      'log/read/',
      'log/users.ts',
      'log/begin-leaderboard.ts',
      'log/begin-trading.ts',
      'log/entry.ts',
      'log/history.ts',
      'log/database.ts',
      'command/commands.ts',
      'command/dispatch.ts',
      'hub/source.ts',
      'presence/attendee.ts',
      'presence/presence.ts',
      'presence/roster.ts',
      'presence/typing.ts',
      'limits/rates.ts',
      'auth/viewer.ts',
    ],
    packages: ['graphql', 'lru-cache'],
    node: ['crypto'],
  },
  schema: {
    knows: [
      'kernel/',
      'domain/',
      'hub/source.ts',
      'auth/viewer.ts',
      'limits/field-cost.ts',
      'presence/roster.ts',
      'resolvers/',
    ],
    packages: ['@pothos/core', 'graphql'],
  },
  transport: {
    knows: [
      'kernel/',
      'auth/',
      'config/allowed-origins.ts',
      'config/trusted-documents.ts',
      // Who may look after the node.
      'domain/actor.ts',
      'health/readiness.ts',
      'hub/delivery.ts',
      'hub/source.ts',
      // What tells a database that is away from a fault of ours; nothing else of the record.
      'log/faults.ts',
      'limits/document-bounds.ts',
      'limits/introspection-cost.ts',
      'limits/operation-cost.ts',
      'limits/query-costs.ts',
      'limits/user-connections.ts',
      'limits/client-address.ts',
      'limits/fair-share.ts',
      'limits/operation-queue.ts',
      'limits/operation-size.ts',
      'logging/scope.ts',
      'resolvers/broadcast.ts',
      'resolvers/capabilities.ts',
      'resolvers/context.ts',
      'resolvers/errors.ts',
      'resolvers/services.ts',
      'session/',
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
      'app.ts',
      'kernel/',
      'domain/',
      'log/read/',
      'resolvers/services.ts',
      'auth/dev-token.ts',
      'config/config.ts',
    ],
    packages: ['pino'],
  },
}

const literal = (text) => text.replace(/[.\\/+*?^${}()|[\]-]/g, '\\$&')
const ofSrc = (place) => `^src/${literal(place)}${place.endsWith('/') ? '' : '$'}`
const ofNpm = (name) => `(^|/)node_modules/${literal(name)}/`

/** Packages without code: there is nothing to be found. */
const TYPES_ALONE = ['^@graphql-typed-document-node/core$']

/** The kit by the name under which others install it: there is nothing to be found before it is built. */
const KIT_BY_NAME = '^(@rostrum/client|client/dist/)'

/** The implementations of a contract: `bus.memory.ts`, `bus.redis.ts`. */
const IMPLEMENTATION = '\\.(memory|otlp|redis)\\.ts$'

/** @param {string} folder @param {string[]} modules */
const nodeArrow = (folder, modules) => ({
  name: `${folder}-knows-its-modules-of-node`,
  comment: `Of Node, src/${folder} uses ${modules.join(', ') || 'no module'}.`,
  severity: 'error',
  from: { path: `^src/${folder}/` },
  to: {
    dependencyTypes: ['core'],
    ...(modules.length > 0 ? { pathNot: `^(node:)?(${modules.map(literal).join('|')})$` } : {}),
  },
})

function arrowsOf([folder, { knows = [], packages = [], node = [] }]) {
  const from = { path: `^src/${folder}/` }
  return [
    {
      name: `${folder}-knows-its-neighbours`,
      comment: `src/${folder} knows ${['itself', ...knows].join(', ')}, and nothing else of src.`,
      severity: 'error',
      from,
      to: { path: '^src/', pathNot: [`^src/${folder}/`, ...knows.map(ofSrc)] },
    },
    {
      name: `${folder}-knows-its-packages`,
      comment: `src/${folder} uses ${packages.join(', ') || 'no package'}.`,
      severity: 'error',
      from,
      to: { path: '(^|/)node_modules/', ...(packages.length > 0 ? { pathNot: packages.map(ofNpm) } : {}) },
    },
    ...(node === true ? [] : [nodeArrow(folder, node)]),
  ]
}

/** @param {string} name @param {string} comment @param {object} from @param {object} to */
const refuse = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to })

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...Object.entries(FOLDERS).flatMap(arrowsOf),
    refuse(
      'every-folder-has-its-arrows',
      'A new folder of src is named in FOLDERS, with what it knows.',
      { path: '^src/[^/]+/', pathNot: Object.keys(FOLDERS).map((folder) => `^src/${folder}/`) },
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
      'app.ts knows every part; whoever imports it knows them too.',
      { pathNot: ['^src/main\\.ts$', '^src/demo/'] },
      { path: '^src/app\\.ts$' },
    ),
    refuse(
      'only-app-picks-implementations',
      'Everyone else knows the contract. Implementations know the parts of their own kind.',
      { path: '^src/', pathNot: ['^src/app\\.ts$', IMPLEMENTATION] },
      { path: IMPLEMENTATION },
    ),
    refuse(
      'only-app-assembles',
      'The record is opened, and the queues of commands are made, in one place.',
      { path: '^src/', pathNot: '^src/app\\.ts$' },
      { path: '^src/(log/record|command/create-dispatch)\\.ts$' },
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
      'only-commands-decide',
      'A rule of the domain holds because it runs under the lock of its topic: src/command alone calls deciders, and src/verify to do it again.',
      { path: '^src/', pathNot: '^src/(domain|command|verify)/' },
      { path: '^src/domain/[^/]+/(decide|evolve)\\.ts$' },
    ),
    refuse(
      'aggregates-of-the-domain-keep-apart',
      'An aggregate knows of others what they show: their shape, and who may see and do what.',
      { path: '^src/domain/([^/]+)/' },
      {
        path: '^src/domain/[^/]+/',
        pathNot: [
          '^src/domain/$1/',
          '^src/domain/room/(room|access|text)\\.ts$',
          '^src/domain/wallet/(wallet|transfer)\\.ts$',
          '^src/domain/message/message\\.ts$',
        ],
      },
    ),
    refuse(
      'commands-read-what-they-lock',
      'Reads for showing see the record as it was; a command sees it under its lock.',
      { path: '^src/command/' },
      { path: '^src/log/read/' },
    ),
    refuse(
      'only-the-record-knows-its-driver',
      'One code path over PostgreSQL and PGlite: everyone else has the database as Drizzle shows it.',
      {
        path: '^src/',
        pathNot:
          '^src/log/(connect-hook|connections|embedded\\.worker|identity|migrate|pool|record|source|transaction|watch)\\.ts$',
      },
      { path: ['pg', '@electric-sql/pglite'].map(ofNpm) },
    ),
    refuse(
      'only-its-folder-knows-a-protocol',
      'WebSockets are a matter of transport/ws.',
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
