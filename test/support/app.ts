import { pino } from 'pino'
import { instant } from '../../src/engine/kernel/instant.ts'
import { type NodeOptions, type RunningNode, startNode } from '../../src/node.ts'
import { issueDevToken } from '../../src/platform/auth/dev-token.ts'
import { readConfig } from '../../src/platform/config/config.ts'
import { NO_LIMITS, TEST_SECRET, type TestNode } from './node.ts'
import { freshDatabase } from './postgres-shared.ts'

/** A node in the test's own process, so that a test can look inside. */
export interface TestApp extends Pick<TestNode, 'url' | 'wsUrl' | 'token'>, AsyncDisposable {
  readonly app: RunningNode
}

/** Starts a node on a new PostgreSQL database. */
export async function startTestApp(
  env: Readonly<Record<string, string>> = {},
  options: NodeOptions = {},
): Promise<TestApp> {
  const read = readConfig({
    NODE_ENV: 'test',
    PORT: '0',
    HOST: '127.0.0.1',
    DATABASE_URL: await freshDatabase(),
    JWT_SECRET: TEST_SECRET,
    DEMO: 'false',
    ...NO_LIMITS,
    ...env,
  })
  if (read.kind === 'invalid') throw new Error(read.problems.join('\n'))
  const { auth } = read.config
  const app = await startNode(read.config, pino({ level: 'silent' }), options)
  return {
    app,
    url: app.url,
    wsUrl: `${app.url.replace('http', 'ws')}/graphql`,
    async token(sub, claims = {}) {
      if (auth.kind !== 'secret') throw new Error('these nodes sign with a secret')
      const { token } = await issueDevToken(auth, { sub, ...claims }, instant(Date.now()))
      return token
    },
    [Symbol.asyncDispose]: () => app.close(),
  }
}
