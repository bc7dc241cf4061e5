import { isIP } from 'node:net'
import { type AllowedOrigins, parseAllowedOrigins } from './allowed-origins.ts'
import { type DatabaseConfig, readDatabase } from './database.ts'
import { newSecret } from './dev-secret.ts'
import { type Network, parseNetworks } from './networks.ts'
import { type Secret, secret } from './secret.ts'
import { readSecretAddress, refusePublished } from './secret-address.ts'
import { readTracing, type TracingConfig } from './tracing.ts'
import { type Manifest, readManifest } from './trusted-documents.ts'
import { createVariables, type Variables } from './variables.ts'

export interface HttpConfig {
  /** 0 lets the system choose. */
  readonly port: number
  readonly host: string
  readonly allowedOrigins: AllowedOrigins
  readonly drainTimeoutMs: number
  readonly isGraphiqlServed: boolean
  readonly isSchemaServed: boolean
  /** Proxies whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly Network[]
}

/** What every token is checked against. The algorithms follow from `kind`, never from a token. */
export type AuthConfig = SecretAuthConfig | KeySetAuthConfig

export interface SecretAuthConfig {
  readonly kind: 'secret'
  readonly secret: Secret
  /** `made`: by this server, for development. `given`: by the operator, whose other services may trust it as well. */
  readonly origin: 'given' | 'made'
  /** Checked where not null. */
  readonly issuer: string | null
  readonly audience: string | null
}

export interface KeySetAuthConfig {
  readonly kind: 'keySet'
  readonly url: URL
  readonly issuer: string | null
  readonly audience: string | null
}

export interface LimitsConfig {
  readonly maxConnections: number
  readonly maxConnectionsPerUser: number
  /** Of visitors. */
  readonly maxConnectionsPerAddress: number
  readonly maxSubscriptionsPerConnection: number
  /** Queries and mutations of one connection, or of one client over HTTP, that run at once. */
  readonly maxOperationsInFlight: number
  readonly maxMessageBytes: number
  readonly maxSendBufferBytes: number
  readonly maxQueryDepth: number
  readonly maxQueryComplexity: number
  readonly maxQueryTokens: number
  readonly mutationsPerSecond: number
  readonly queryCostPerSecond: number
  /** Of one user who is neither service, administrator nor moderator. */
  readonly maxOpenRoomsPerUser: number
  readonly roomsPerHour: number
  readonly maxOpenAuctionsPerUser: number
  readonly contactsPerMinute: number
  readonly directRoomsPerHour: number
}

export interface RedisConfig {
  readonly url: Secret
  /** Stands before every channel and key: deployments that share a Redis need one each. */
  readonly prefix: string
}

export interface WebhookConfig {
  readonly url: URL
  readonly secret: Secret | null
}

export interface LogConfig {
  readonly level: LogLevel
  /** `auto` is pretty on a terminal, JSON otherwise. */
  readonly format: 'pretty' | 'json' | 'auto'
}

type LogLevel = (typeof LOG_LEVELS)[number]

/** Everything that the environment decides, checked. */
export interface Config {
  readonly mode: 'production' | 'development' | 'test'
  readonly http: HttpConfig
  readonly auth: AuthConfig
  /** Whether `POST /dev/token` exists: outside production, and only for tokens of the secret that the server made. */
  readonly issuesDevTokens: boolean
  readonly isIntrospectionAllowed: boolean
  /** The only documents that clients may run; null: any. */
  readonly trustedDocuments: Manifest | null
  readonly database: DatabaseConfig
  /** null: one process, its bus in memory. */
  readonly redis: RedisConfig | null
  /** An entry is kept while either allows it. */
  readonly retention: { readonly events: number; readonly ms: number }
  readonly limits: LimitsConfig
  readonly webhook: WebhookConfig | null
  readonly log: LogConfig
  /** null: nothing is traced, and nothing of that loaded. */
  readonly tracing: TracingConfig | null
  readonly isDemoOn: boolean
}

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
const MIN_SECRET_BYTES = 32
const DAY_MS = 24 * 60 * 60 * 1000
/** The longest time that one timer of Node can wait. */
const MAX_TIMER_MS = 2 ** 31 - 1
/** What one Buffer is trusted with. */
const MAX_BYTES = 2 ** 30
const HOST_NAME = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i

/** Outside production only programs on the same machine reach the server, unless HOST says otherwise. */
function readHost(variables: Variables, isProduction: boolean): string {
  const host = variables.text('HOST')?.trim() ?? (isProduction ? '0.0.0.0' : '127.0.0.1')
  if (isIP(host) === 0 && !HOST_NAME.test(host)) {
    variables.refuse('HOST', 'neither an IP address nor a host name', 'one such as 0.0.0.0, :: or localhost')
  }
  return host
}

function readAllowedOrigins(variables: Variables, isProduction: boolean): AllowedOrigins {
  const list = variables.text('ALLOWED_ORIGINS')
  if (list === undefined) return { kind: isProduction ? 'same' : 'any' }
  const parsed = parseAllowedOrigins(list)
  if (parsed.kind === 'ok') return parsed.allowed
  const wrong = parsed.wrong.map((item) => JSON.stringify(item)).join(', ') || 'the list'
  variables.refuse(
    'ALLOWED_ORIGINS',
    `${wrong} names no origin`,
    '* alone, or a list such as https://example.com,https://example.org:8443',
  )
  return { kind: 'same' }
}

function readTrustedProxies(variables: Variables): readonly Network[] {
  const parsed = parseNetworks(variables.text('TRUSTED_PROXIES') ?? '')
  if (parsed.kind === 'ok') return parsed.networks
  const wrong = parsed.wrong.map((item) => JSON.stringify(item)).join(', ')
  variables.refuse(
    'TRUSTED_PROXIES',
    `${wrong} is no address or network`,
    'a list such as 10.0.0.0/8,fd00::/8,192.0.2.7',
  )
  return []
}

/** An address that `fetch` can be given: it refuses those with a user name or a password. */
function readWebAddress(variables: Variables, name: string): URL | undefined {
  const address = variables.address(name, ['http:', 'https:'])
  if (address === undefined) return undefined
  const url = new URL(address)
  if (url.username === '' && url.password === '') return url
  variables.refuse(name, 'holds a user name or a password', 'an address without them')
  return undefined
}

function readSecret(
  variables: Variables,
  isProduction: boolean,
  makeSecret: () => string,
): Pick<SecretAuthConfig, 'secret' | 'origin'> {
  const value = variables.text('JWT_SECRET')
  const expected = `at least ${MIN_SECRET_BYTES} bytes in production, or JWKS_URL instead`
  if (value === undefined) {
    if (!isProduction) return { secret: secret(makeSecret()), origin: 'made' }
    variables.refuse('JWT_SECRET', 'not set, nor is JWKS_URL', expected)
    return { secret: secret(''), origin: 'given' }
  }
  refusePublished(variables, 'JWT_SECRET', [value])
  const bytes = Buffer.byteLength(value)
  if (isProduction && bytes < MIN_SECRET_BYTES) {
    variables.refuse('JWT_SECRET', `${bytes} bytes long`, expected)
  }
  return { secret: secret(value), origin: 'given' }
}

function readAuth(variables: Variables, isProduction: boolean, makeSecret: () => string): AuthConfig {
  const expected = {
    issuer: variables.text('JWT_ISSUER') ?? null,
    audience: variables.text('JWT_AUDIENCE') ?? null,
  }
  if (variables.text('JWKS_URL') === undefined) {
    return { kind: 'secret', ...readSecret(variables, isProduction, makeSecret), ...expected }
  }
  const url = readWebAddress(variables, 'JWKS_URL')
  if (variables.text('JWT_SECRET') !== undefined) {
    variables.refuse('JWKS_URL', 'set beside JWT_SECRET', 'only one of the two')
  }
  return url === undefined
    ? { kind: 'secret', secret: secret(''), origin: 'given', ...expected }
    : { kind: 'keySet', url, ...expected }
}

function readWebhook(variables: Variables): WebhookConfig | null {
  const value = variables.text('NOTIFICATION_WEBHOOK_SECRET')
  if (variables.text('NOTIFICATION_WEBHOOK_URL') === undefined) {
    if (value !== undefined) {
      variables.refuse(
        'NOTIFICATION_WEBHOOK_SECRET',
        'set without NOTIFICATION_WEBHOOK_URL',
        'both or neither',
      )
    }
    return null
  }
  if (value !== undefined) refusePublished(variables, 'NOTIFICATION_WEBHOOK_SECRET', [value])
  const url = readWebAddress(variables, 'NOTIFICATION_WEBHOOK_URL')
  return url === undefined ? null : { url, secret: value === undefined ? null : secret(value) }
}

function readRedis(variables: Variables): Config['redis'] {
  const url = readSecretAddress(variables, 'REDIS_URL', ['redis:', 'rediss:'])
  return url === undefined ? null : { url: secret(url), prefix: variables.text('REDIS_PREFIX') ?? 'rostrum:' }
}

function readTrustedDocuments(variables: Variables): Manifest | null {
  const path = variables.text('TRUSTED_DOCUMENTS')
  if (path === undefined) return null
  const read = readManifest(path)
  if (read.kind === 'ok') return read.manifest
  const expected = 'the path of a JSON object from hashes to the documents that clients may run'
  variables.refuse('TRUSTED_DOCUMENTS', read.wrong, expected)
  return null
}

/** What GraphiQL sends is in no manifest: whoever asks for both has one of the two wrong. */
function readGraphiql(variables: Variables, isOnByDefault: boolean): boolean {
  const isTrusting = variables.text('TRUSTED_DOCUMENTS') === undefined
  const isServed = variables.flag('GRAPHIQL', isOnByDefault && isTrusting)
  if (isServed && !isTrusting) {
    variables.refuse('GRAPHIQL', 'on beside TRUSTED_DOCUMENTS', 'only one of the two')
  }
  return isServed
}

function readLimits({ wholeNumber }: Variables): LimitsConfig {
  const count = { min: 1 }
  const bytes = { min: 1, max: MAX_BYTES }
  return {
    maxConnections: wholeNumber('MAX_CONNECTIONS', 50_000, count),
    maxConnectionsPerUser: wholeNumber('MAX_CONNECTIONS_PER_USER', 20, count),
    maxConnectionsPerAddress: wholeNumber('MAX_CONNECTIONS_PER_ADDRESS', 100, count),
    maxOperationsInFlight: wholeNumber('MAX_OPERATIONS_IN_FLIGHT', 16, count),
    maxSubscriptionsPerConnection: wholeNumber('MAX_SUBSCRIPTIONS_PER_CONNECTION', 100, count),
    maxMessageBytes: wholeNumber('MAX_MESSAGE_BYTES', 65_536, bytes),
    maxSendBufferBytes: wholeNumber('MAX_SEND_BUFFER_BYTES', 1_048_576, bytes),
    maxQueryDepth: wholeNumber('MAX_QUERY_DEPTH', 12, count),
    maxQueryComplexity: wholeNumber('MAX_QUERY_COMPLEXITY', 1000, count),
    maxQueryTokens: wholeNumber('MAX_QUERY_TOKENS', 2000, count),
    mutationsPerSecond: wholeNumber('MUTATIONS_PER_SECOND', 20, count),
    queryCostPerSecond: wholeNumber('QUERY_COST_PER_SECOND', 5000, count),
    maxOpenRoomsPerUser: wholeNumber('MAX_OPEN_ROOMS_PER_USER', 1000, count),
    roomsPerHour: wholeNumber('ROOMS_PER_HOUR', 500, count),
    maxOpenAuctionsPerUser: wholeNumber('MAX_OPEN_AUCTIONS_PER_USER', 5000, count),
    contactsPerMinute: wholeNumber('CONTACTS_PER_MINUTE', 1200, count),
    directRoomsPerHour: wholeNumber('DIRECT_ROOMS_PER_HOUR', 200, count),
  }
}

/** Variables that a developer's machine rarely has, and a deployment always. */
const OF_DEPLOYMENTS = ['JWT_SECRET', 'JWKS_URL', 'DATABASE_URL', 'REDIS_URL'] as const

function warningsOf(variables: Variables): readonly string[] {
  if (variables.text('NODE_ENV') !== undefined) return []
  const set = OF_DEPLOYMENTS.filter((name) => variables.text(name) !== undefined)
  if (set.length === 0) return []
  return [
    `NODE_ENV is not set, but ${set.join(' and ')} ${set.length === 1 ? 'is' : 'are'}: this server runs in ` +
      'development mode, with introspection and GraphiQL open to everyone who reaches it. ' +
      'Set NODE_ENV=production for a deployment, or NODE_ENV=development to silence this warning.',
  ]
}

/**
 * The whole configuration, or a line for every variable that is wrong: its name, what is wrong and what is
 * expected, never a secret's value. `makeSecret` is asked for the signing secret where development has none.
 * `warnings` are whole sentences for the log.
 */
export function readConfig(
  env: Readonly<Record<string, string | undefined>>,
  makeSecret: () => string = newSecret,
):
  | { readonly kind: 'ok'; readonly config: Config; readonly warnings: readonly string[] }
  | { readonly kind: 'invalid'; readonly problems: readonly string[] } {
  const variables = createVariables(env)
  const mode = variables.choice('NODE_ENV', 'development', ['production', 'development', 'test'])
  const isProduction = mode === 'production'
  const auth = readAuth(variables, isProduction, makeSecret)
  const config: Config = {
    mode,
    http: {
      port: variables.wholeNumber('PORT', 4000, { min: 0, max: 65_535 }),
      host: readHost(variables, isProduction),
      allowedOrigins: readAllowedOrigins(variables, isProduction),
      drainTimeoutMs: variables.wholeNumber('DRAIN_TIMEOUT_MS', 30_000, { min: 0, max: MAX_TIMER_MS }),
      isGraphiqlServed: readGraphiql(variables, !isProduction),
      isSchemaServed: variables.flag('PUBLIC_SCHEMA', !isProduction),
      trustedProxies: readTrustedProxies(variables),
    },
    auth,
    issuesDevTokens: !isProduction && auth.kind === 'secret' && auth.origin === 'made',
    isIntrospectionAllowed: variables.flag('INTROSPECTION', !isProduction),
    trustedDocuments: readTrustedDocuments(variables),
    database: readDatabase(variables),
    redis: readRedis(variables),
    retention: {
      events: variables.wholeNumber('RETENTION_EVENTS', 100_000, { min: 0 }),
      ms: variables.wholeNumber('RETENTION_MS', 7 * DAY_MS, { min: 0 }),
    },
    limits: readLimits(variables),
    webhook: readWebhook(variables),
    log: {
      level: variables.choice('LOG_LEVEL', 'info', LOG_LEVELS),
      format: variables.choice('LOG_FORMAT', 'auto', ['pretty', 'json', 'auto']),
    },
    tracing: readTracing(variables),
    isDemoOn: variables.flag('DEMO', !isProduction),
  }
  const problems = variables.problems()
  return problems.length === 0
    ? { kind: 'ok', config, warnings: warningsOf(variables) }
    : { kind: 'invalid', problems }
}
