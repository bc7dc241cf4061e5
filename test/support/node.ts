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
  /** A PostgreSQL database; without one, the embedded one in `folder`. */
  readonly databaseUrl?: string
  readonly redisUrl?: string
  /** Where the embedded database lives; kept over a restart. A new one where absent. */
  readonly folder?: string
  /** A free one where absent; that of an earlier node makes this one its restart. */
  readonly port?: number
  readonly env?: Readonly<Record<string, string>>
  /** The program, where it is not the server's own. */
  readonly main?: string
}

/** A server in a process of its own, as `npm start` would start it. */
export interface TestNode extends AsyncDisposable {
  readonly url: string
  readonly wsUrl: string
  readonly folder: string
  /** Of its process. */
  readonly pid: number
  /** A token for this node and all others of the tests. */
  token(sub: string, claims?: { readonly name?: string; readonly roles?: readonly string[] }): Promise<string>
  /** Ends it as a crash would, at once. */
  kill(): Promise<void>
  /** Ends it as an operator would. */
  stop(): Promise<void>
  /** Resolves with what it printed, once it has ended. */
  readonly exited: Promise<string>
}

const MAIN = join(import.meta.dirname, '../../src/main.ts')
/** The same for every node, so that a token works on all of them. */
export const TEST_SECRET = 'a secret for tests, longer than thirty-two bytes'

/** A node with this variable signs with a secret that it makes itself, and so issues tokens at /dev/token. */
export const OWN_SECRET = { JWT_SECRET: '' } as const

/** Tests act faster than people: whoever tests a limit sets it. */
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

/** A token as the operator who set these variables would issue it. */
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
