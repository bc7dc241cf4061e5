import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { type Config, readConfig } from '../../../src/platform/config/config.ts'

type Env = Readonly<Record<string, string>>

const PRODUCTION: Env = { NODE_ENV: 'production', JWT_SECRET: 'x'.repeat(32) }

function configOf(env: Env): Config {
  const read = readConfig(env)
  if (read.kind === 'invalid') throw new Error(read.problems.join('\n'))
  return read.config
}

function problemsOf(env: Env): readonly string[] {
  const read = readConfig(env)
  return read.kind === 'invalid' ? read.problems : []
}

describe('An empty environment', () => {
  test('gets the documented defaults', () => {
    const config = configOf({})
    expect(config).toMatchObject({
      mode: 'development',
      http: { port: 4000, host: '127.0.0.1', allowedOrigins: { kind: 'any' }, drainTimeoutMs: 30_000 },
      database: { kind: 'embedded', directory: './.data' },
      redis: null,
      retention: { events: 100_000, ms: 604_800_000 },
      limits: {
        maxConnections: 50_000,
        maxConnectionsPerUser: 20,
        maxSubscriptionsPerConnection: 100,
        maxMessageBytes: 65_536,
        maxSendBufferBytes: 1_048_576,
        maxQueryDepth: 12,
        maxQueryComplexity: 1000,
        maxQueryTokens: 2000,
        mutationsPerSecond: 20,
        queryCostPerSecond: 5000,
        maxOpenRoomsPerUser: 1000,
        roomsPerHour: 500,
        maxOpenAuctionsPerUser: 5000,
        contactsPerMinute: 1200,
        directRoomsPerHour: 200,
      },
      webhook: null,
      log: { level: 'info', format: 'auto' },
    })
  })

  test('opens the demo, GraphiQL, the schema, introspection and tokens for development', () => {
    const config = configOf({})
    expect(config.isDemoOn).toBe(true)
    expect(config.http.isGraphiqlServed).toBe(true)
    expect(config.http.isSchemaServed).toBe(true)
    expect(config.isIntrospectionAllowed).toBe(true)
    expect(config.issuesDevTokens).toBe(true)
  })

  test('gets a new random secret each time', () => {
    const secrets = [configOf({}), configOf({})].map(({ auth }) =>
      auth.kind === 'secret' ? auth.secret.reveal() : '',
    )
    expect(Buffer.byteLength(secrets[0] ?? '')).toBeGreaterThanOrEqual(32)
    expect(secrets[0]).not.toBe(secrets[1])
  })
})

describe('A server that is not in production', () => {
  test.each(['development', 'test'])('listens on loopback only in %s, unless HOST says otherwise', (mode) => {
    expect(configOf({ NODE_ENV: mode }).http.host).toBe('127.0.0.1')
    expect(configOf({ NODE_ENV: mode, HOST: '0.0.0.0' }).http.host).toBe('0.0.0.0')
  })

  test.each(['development', 'test'])('issues tokens in %s with a generated secret only', (mode) => {
    expect(configOf({ NODE_ENV: mode }).issuesDevTokens).toBe(true)
    expect(configOf({ NODE_ENV: mode, JWT_SECRET: 'x' }).issuesDevTokens).toBe(false)
  })

  test('reads the stored secret only if none is configured', () => {
    let asked = 0
    const makeSecret = () => {
      asked += 1
      return 'kept'
    }
    const read = readConfig({}, makeSecret)
    expect(read.kind === 'ok' && read.config.auth).toMatchObject({ kind: 'secret', origin: 'made' })
    readConfig({ JWT_SECRET: 'x' }, makeSecret)
    readConfig({ JWKS_URL: 'https://id.example/jwks' }, makeSecret)
    readConfig({ NODE_ENV: 'production' }, makeSecret)
    expect(asked).toBe(1)
  })

  test.each([
    [{ JWT_SECRET: 'x' }, 'JWT_SECRET is:'],
    [{ DATABASE_URL: 'postgres://db/app', JWKS_URL: 'https://id.example' }, 'JWKS_URL and DATABASE_URL are:'],
  ])('is warned of where NODE_ENV was forgotten: %j', (env, named) => {
    const read = readConfig(env)
    expect(read.kind === 'ok' && read.warnings).toEqual([expect.stringContaining(named)])
    const decided = readConfig({ ...env, NODE_ENV: 'development' })
    expect(decided.kind === 'ok' && decided.warnings).toEqual([])
    const local = readConfig({ PORT: '0' })
    expect(local.kind === 'ok' && local.warnings).toEqual([])
  })
})

describe('Production', () => {
  test('listens on every address', () => {
    expect(configOf(PRODUCTION).http.host).toBe('0.0.0.0')
  })

  test('disables development features', () => {
    const config = configOf(PRODUCTION)
    expect(config.isDemoOn).toBe(false)
    expect(config.http.isGraphiqlServed).toBe(false)
    expect(config.http.isSchemaServed).toBe(false)
    expect(config.isIntrospectionAllowed).toBe(false)
    expect(config.issuesDevTokens).toBe(false)
    expect(config.http.allowedOrigins).toEqual({ kind: 'same' })
  })

  test('enables single features explicitly', () => {
    const config = configOf({
      ...PRODUCTION,
      GRAPHIQL: 'true',
      PUBLIC_SCHEMA: 'true',
      INTROSPECTION: 'true',
      DEMO: 'true',
    })
    expect(config.http.isGraphiqlServed).toBe(true)
    expect(config.http.isSchemaServed).toBe(true)
    expect(config.isIntrospectionAllowed).toBe(true)
    expect(config.isDemoOn).toBe(true)
    expect(config.issuesDevTokens).toBe(false)
  })

  test('refuses to start with neither a secret nor a key set', () => {
    expect(problemsOf({ NODE_ENV: 'production' })).toEqual([
      'JWT_SECRET: not set, nor is JWKS_URL; expected at least 32 bytes in production, or JWKS_URL instead',
    ])
  })

  test('refuses a secret of 31 bytes, and counts bytes, not characters', () => {
    expect(problemsOf({ NODE_ENV: 'production', JWT_SECRET: 'x'.repeat(31) })).toHaveLength(1)
    expect(problemsOf({ NODE_ENV: 'production', JWT_SECRET: 'ü'.repeat(16) })).toEqual([])
  })

  test('starts with a key set alone', () => {
    const { auth } = configOf({ NODE_ENV: 'production', JWKS_URL: 'https://id.example/jwks.json' })
    expect(auth).toMatchObject({ kind: 'keySet', issuer: null, audience: null })
  })
})

describe('Each variable, when it is wrong', () => {
  test.each([
    ['NODE_ENV', ' production ', 'one of production, development, test'],
    ['NODE_ENV', 'staging', 'one of production, development, test'],
    ['PORT', '65536', 'a whole number from 0 to 65535'],
    ['PORT', '4000.5', 'a whole number from 0 to 65535'],
    ['HOST', 'http://localhost', '0.0.0.0'],
    ['DATABASE_URL', 'mysql://db.example/app', 'postgres:// or postgresql://'],
    ['DATABASE_URL', 'somewhere', 'postgres://'],
    ['DATABASE_URL', 'postgres://app:a,b@one.example:5432,two.example:5432/app', 'names one host'],
    ['DATABASE_URL', 'postgres://one.example,two.example/app', 'names one host'],
    ['REDIS_URL', 'redis://one.example:6379,two.example:6379', 'names one host'],
    ['REDIS_URL', 'http://redis.example', 'redis:// or rediss://'],
    ['JWKS_URL', 'ftp://id.example/jwks', 'http:// or https://'],
    ['JWKS_URL', 'https://user:word@id.example/jwks', 'an address without them'],
    ['ALLOWED_ORIGINS', 'https://example.com/path', 'a list such as'],
    ['ALLOWED_ORIGINS', '*,https://example.com', 'a list such as'],
    ['ALLOWED_ORIGINS', ',', 'a list such as'],
    ['LOG_LEVEL', 'loud', 'one of fatal, error, warn, info, debug, trace, silent'],
    ['LOG_FORMAT', 'xml', 'one of pretty, json'],
    ['DRAIN_TIMEOUT_MS', '-1', 'a whole number from 0'],
    ['DRAIN_TIMEOUT_MS', '2147483648', 'a whole number from 0'],
    ['RETENTION_EVENTS', 'many', 'a whole number of at least 0'],
    ['RETENTION_MS', '7d', 'a whole number of at least 0'],
    ['MAX_CONNECTIONS', '0', 'a whole number of at least 1'],
    ['MAX_CONNECTIONS_PER_USER', '0', 'a whole number of at least 1'],
    ['MAX_SUBSCRIPTIONS_PER_CONNECTION', '1e3', 'a whole number of at least 1'],
    ['MAX_MESSAGE_BYTES', '64KB', 'a whole number from 1'],
    ['MAX_SEND_BUFFER_BYTES', '99999999999', 'a whole number from 1'],
    ['MAX_QUERY_DEPTH', '0', 'a whole number of at least 1'],
    ['MAX_QUERY_COMPLEXITY', '9007199254740993', 'a whole number of at least 1'],
    ['MAX_QUERY_TOKENS', '-5', 'a whole number of at least 1'],
    ['MUTATIONS_PER_SECOND', '0.5', 'a whole number of at least 1'],
    ['NOTIFICATION_WEBHOOK_URL', 'mailto:a@example.com', 'http:// or https://'],
    ['NOTIFICATION_WEBHOOK_SECRET', 'quiet-please', 'both or neither'],
    ['DEMO', 'maybe', 'true or false'],
    ['GRAPHIQL', 'yep', 'true or false'],
    ['PUBLIC_SCHEMA', '2', 'true or false'],
    ['INTROSPECTION', 'nope', 'true or false'],
  ])('%s=%s gets one line that names it and says what is expected', (name, value, expected) => {
    const problems = problemsOf({ [name]: value })
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(new RegExp(`^${name}: .+; expected .+`))
    expect(problems[0]).toContain(expected)
  })

  test('is reported together with all others', () => {
    const problems = problemsOf({ PORT: 'x', DEMO: 'x', REDIS_URL: 'x', MAX_CONNECTIONS: 'x' })
    expect(problems.map((problem) => problem.split(':')[0]).sort()).toEqual([
      'DEMO',
      'MAX_CONNECTIONS',
      'PORT',
      'REDIS_URL',
    ])
  })

  test('a secret and a key set together are one problem', () => {
    const problems = problemsOf({ ...PRODUCTION, JWKS_URL: 'https://id.example/jwks' })
    expect(problems).toEqual(['JWKS_URL: set together with JWT_SECRET; expected only one of the two'])
  })
})

describe('A secret', () => {
  const SECRETS: Env = {
    NODE_ENV: 'production',
    JWT_SECRET: 'hunter2-too-short',
    DATABASE_URL: 'postgres//app:hunter2@db.example/app',
    REDIS_URL: 'http://:hunter2@redis.example',
    NOTIFICATION_WEBHOOK_URL: 'gopher://hook.example/hunter2',
    NOTIFICATION_WEBHOOK_SECRET: 'hunter2',
  }

  test('is in no problem', () => {
    const problems = problemsOf(SECRETS)
    expect(problems).toHaveLength(4)
    expect(problems.join('\n')).not.toContain('hunter2')
  })

  test('does not show when the configuration is printed', () => {
    const config = configOf({
      JWT_SECRET: 'hunter2',
      DATABASE_URL: 'postgres://app:hunter2@db.example/app',
      REDIS_URL: 'redis://:hunter2@redis.example',
      NOTIFICATION_WEBHOOK_URL: 'https://hook.example/in',
      NOTIFICATION_WEBHOOK_SECRET: 'hunter2',
    })
    expect(JSON.stringify(config)).not.toContain('hunter2')
    expect(inspect(config, { depth: 9 })).not.toContain('hunter2')
  })

  test('is passed on verbatim', () => {
    const config = configOf({ DATABASE_URL: 'postgresql://app:p%40ss|word@db.example/app?sslmode=require' })
    expect(config.database.kind === 'postgres' && config.database.url.reveal()).toBe(
      'postgresql://app:p%40ss|word@db.example/app?sslmode=require',
    )
  })
})

describe('A variable that is set', () => {
  test('counts as unset when it is empty or blank', () => {
    expect(configOf({ PORT: '', REDIS_URL: ' ', DEMO: '', NODE_ENV: '' })).toMatchObject({
      http: { port: 4000 },
      redis: null,
      isDemoOn: true,
      mode: 'development',
    })
    expect(problemsOf({ NODE_ENV: 'production', JWT_SECRET: ' '.repeat(40) })).toHaveLength(1)
  })

  test('replaces its default', () => {
    const config = configOf({
      PORT: ' 0 ',
      HOST: '::1',
      DATA_DIR: '/var/lib/rostrum',
      RETENTION_EVENTS: '0',
      LOG_FORMAT: 'json',
      JWT_ISSUER: 'https://id.example',
      JWT_AUDIENCE: 'rostrum',
    })
    expect(config).toMatchObject({
      http: { port: 0, host: '::1' },
      database: { kind: 'embedded', directory: '/var/lib/rostrum' },
      retention: { events: 0 },
      log: { format: 'json' },
      auth: { kind: 'secret', issuer: 'https://id.example', audience: 'rostrum' },
    })
  })

  test.each([
    ['true', true],
    ['ON', true],
    ['1', true],
    ['False', false],
    ['off', false],
    ['0', false],
  ])('reads %s as a switch', (value, expected) => {
    expect(configOf({ DEMO: value }).isDemoOn).toBe(expected)
  })

  test('issues no development tokens if another party issues tokens', () => {
    expect(configOf({ JWKS_URL: 'http://127.0.0.1:9/jwks' }).issuesDevTokens).toBe(false)
  })
})

describe('Traces', () => {
  const OTEL_EXPORTER_OTLP_ENDPOINT = 'http://collector:4318/'

  test('are off without a collector, and if the SDK is disabled', () => {
    expect(configOf({}).tracing).toBeNull()
    expect(configOf({ OTEL_SERVICE_NAME: 'a', OTEL_TRACES_SAMPLER: 'always_on' }).tracing).toBeNull()
    expect(configOf({ OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SDK_DISABLED: 'true' }).tracing).toBeNull()
  })

  test('go to the path for traces, unless they have an endpoint of their own', () => {
    expect(configOf({ OTEL_EXPORTER_OTLP_ENDPOINT }).tracing?.url.reveal()).toBe(
      'http://collector:4318/v1/traces',
    )
    const OTEL_EXPORTER_OTLP_TRACES_ENDPOINT = 'https://other/x'
    expect(
      configOf({ OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT }).tracing?.url.reveal(),
    ).toBe('https://other/x')
  })

  test('are named and sampled as the standard says', () => {
    expect(configOf({ OTEL_EXPORTER_OTLP_ENDPOINT }).tracing).toMatchObject({
      serviceName: 'rostrum',
      sampler: { kind: 'always_on', isParentBased: true },
      scheduleDelayMs: 5_000,
    })
    expect(
      configOf({
        OTEL_EXPORTER_OTLP_ENDPOINT,
        OTEL_SERVICE_NAME: 'saleroom',
        OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
        OTEL_TRACES_SAMPLER_ARG: '0.25',
      }).tracing,
    ).toMatchObject({
      serviceName: 'saleroom',
      sampler: { kind: 'traceidratio', ratio: 0.25, isParentBased: true },
    })
  })

  test('reject an invalid URL, sampler or ratio, and show no password', () => {
    const problems = problemsOf({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'ftp://me:hunter2@collector',
      OTEL_TRACES_SAMPLER: 'sometimes',
      OTEL_TRACES_SAMPLER_ARG: '2',
    })
    expect(problems.map((line) => line.split(':')[0])).toEqual([
      'OTEL_EXPORTER_OTLP_ENDPOINT',
      'OTEL_TRACES_SAMPLER',
      'OTEL_TRACES_SAMPLER_ARG',
    ])
    expect(problems.join()).not.toContain('hunter2')
  })
})

describe('A list of origins', () => {
  test('is kept as browsers write them', () => {
    const { allowedOrigins } = configOf({
      ALLOWED_ORIGINS: 'https://Example.com:443/, http://localhost:5173,capacitor://localhost',
    }).http
    expect(allowedOrigins).toEqual({
      kind: 'listed',
      origins: new Set(['https://example.com', 'http://localhost:5173', 'capacitor://localhost']),
    })
  })

  test('of * means any, in production too', () => {
    expect(configOf({ ...PRODUCTION, ALLOWED_ORIGINS: '*' }).http.allowedOrigins).toEqual({ kind: 'any' })
  })
})
