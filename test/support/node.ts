import { join } from 'node:path'
import { instant } from '../../src/engine/kernel/instant.ts'
import { type DevClaims, issueDevToken } from '../../src/platform/auth/dev-token.ts'
import { secret } from '../../src/platform/config/secret.ts'
import { freePort } from './free-port.ts'
import {
  makeTemporaryFolder,
  type ServerProcess,
  startPatiently,
  startProcess,
  untilReady,
} from './process.ts'

export interface NodeOptions {
  /** A PostgreSQL database; if absent, the embedded one in `folder`. */
  readonly databaseUrl?: string
  readonly redisUrl?: string
  /** The directory of the embedded database, kept across a restart. A new one if absent. */
  readonly folder?: string
  /** A free port if absent; that of an earlier node makes this one its restart. */
  readonly port?: number
  readonly env?: Readonly<Record<string, string>>
  /** The program to run instead of the server's own. */
  readonly main?: string
}

/** A server in its own process, as started by `npm start`. */
export interface TestNode extends AsyncDisposable {
  readonly url: string
  readonly wsUrl: string
  readonly folder: string
  /** Of its process. */
  readonly pid: number
  /** A token for this node and all others of the tests. */
  token(sub: string, claims?: { readonly name?: string; readonly roles?: readonly string[] }): Promise<string>
  /** Kills it immediately, like a crash. */
  kill(): Promise<void>
  /** Stops it gracefully, like an operator. */
  stop(): Promise<void>
  /** Resolves with its output once it has exited. */
  readonly exited: Promise<string>
}

const MAIN = join(import.meta.dirname, '../../src/main.ts')
/** Shared by all nodes, so that a token works on all of them. */
export const TEST_SECRET = 'a secret for tests, longer than thirty-two bytes'

/** A node with this variable generates its signing secret, and so issues tokens at /dev/token. */
export const OWN_SECRET = { JWT_SECRET: '' } as const

/** Tests act faster than people: a test of a limit sets it explicitly. */
export const NO_LIMITS = {
  MUTATIONS_PER_SECOND: '100000',
  QUERY_COST_PER_SECOND: '1000000000',
  MAX_CONNECTIONS_PER_USER: '100000',
  MAX_OPEN_ROOMS_PER_USER: '100000',
  ROOMS_PER_HOUR: '100000',
  MAX_OPEN_AUCTIONS_PER_USER: '100000',
  CONTACTS_PER_MINUTE: '1000000',
  DIRECT_ROOMS_PER_HOUR: '100000',
  MAX_CONNECTIONS_PER_ADDRESS: '100000',
  MAX_OPERATIONS_IN_FLIGHT: '100000',
} as const

/** Starts a node and waits until it is ready. */
export function startNode(options: NodeOptions = {}): Promise<TestNode> {
  return startPatiently(() => startOnce(options))
}

async function startOnce({
  databaseUrl,
  redisUrl,
  folder,
  port: given,
  env = {},
  main = MAIN,
}: NodeOptions): Promise<TestNode> {
  const home = await makeTemporaryFolder('node')
  const data = folder ?? join(home, 'data')
  const port = given ?? (await freePort())
  const url = `http://127.0.0.1:${port}`
  const variables: Readonly<Record<string, string>> = {
    PORT: String(port),
    HOST: '127.0.0.1',
    DATA_DIR: data,
    JWT_SECRET: TEST_SECRET,
    LOG_LEVEL: 'warn',
    DEMO: 'false',
    ...NO_LIMITS,
    ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
    ...(redisUrl === undefined ? {} : { REDIS_URL: redisUrl }),
    ...env,
  }
  const assignments = Object.entries(variables).map(([name, value]) => `${name}=${value}`)
  const server: ServerProcess = startProcess({
    file: 'env',
    args: [...assignments, process.execPath, main],
    folder: home,
    lethal: 'SIGKILL',
  })
  await untilReady(server, () => isReady(url), 60_000)
  const { pid } = server
  if (pid === undefined) throw new Error('a server that is ready has a process')
  return {
    url,
    wsUrl: `${url.replace('http', 'ws')}/graphql`,
    folder: data,
    pid,
    exited: server.exited,
    token: (sub, claims = {}) =>
      variables['JWT_SECRET'] === ''
        ? askForToken(url, { sub, ...claims })
        : signAs(variables, { sub, ...claims }),
    kill: () => server.end('SIGKILL'),
    stop: () => server.end('SIGTERM'),
    async [Symbol.asyncDispose]() {
      if (!server.hasExited()) await server.end('SIGTERM')
    },
  }
}

async function askForToken(url: string, claims: DevClaims): Promise<string> {
  const response = await fetch(`${url}/dev/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(claims),
  })
  const { token } = (await response.json()) as { readonly token: string }
  return token
}

/** A token issued by the operator who set these variables. */
async function signAs(variables: Readonly<Record<string, string>>, claims: DevClaims): Promise<string> {
  const { JWT_SECRET = '', JWT_ISSUER = null, JWT_AUDIENCE = null } = variables
  const config = {
    kind: 'secret',
    secret: secret(JWT_SECRET),
    origin: 'given',
    issuer: JWT_ISSUER,
    audience: JWT_AUDIENCE,
  } as const
  const { token } = await issueDevToken(config, claims, instant(Date.now()))
  return token
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/ready`)
    await response.arrayBuffer()
    return response.status === 200
  } catch {
    return false
  }
}
