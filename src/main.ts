import { type Demo, greet, startDemo } from './demo/demo.ts'
import { type RunningNode, startNode } from './node.ts'
import { readConfig } from './platform/config/config.ts'
import { readDevSecret } from './platform/config/dev-secret.ts'
import { environment } from './platform/config/environment.ts'
import { createLogger } from './platform/logging/logger.ts'

const env = environment()
const read = readConfig(env, () => readDevSecret(env))
if (read.kind === 'invalid') {
  process.stderr.write(`${read.problems.join('\n')}\n`)
  process.exit(1)
}
const { config } = read
const log = createLogger(config.log)
for (const warning of read.warnings) log.warn(warning)
process.on('unhandledRejection', (error) =>
  log.error({ err: error }, 'a promise was rejected and nobody looked'),
)

/** Ctrl-C reaches this process twice, from the terminal and from npm: one key, one signal. */
const SAME_KEY_MS = 300
let stoppingSince: number | undefined

let demo: Demo | undefined
let node: RunningNode | undefined
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(signal))
node = await startNode(config, log, {
  async prepare(services) {
    if (config.isDemoOn) demo = await startDemo(services, log)
  },
}).catch((error: unknown) => {
  // Nothing of a client's is in it yet, and an operator needs all of it.
  const reason = error instanceof Error ? error.message : String(error)
  log.fatal({ err: error }, `the server could not start: ${reason}`)
  process.exit(1)
})
log.info({ url: node.url, node: node.services.node }, `listening on ${node.url}`)
if (config.isDemoOn) await greet(node, config, log)

async function stop(signal: string): Promise<void> {
  if (stoppingSince !== undefined) {
    // A second signal means: now.
    if (Date.now() - stoppingSince > SAME_KEY_MS) process.exit(1)
    return
  }
  stoppingSince = Date.now()
  // It still waits for its database: nothing is under way.
  if (node === undefined) process.exit(0)
  log.info({ signal }, 'draining')
  const cut = setTimeout(() => process.exit(0), config.http.drainTimeoutMs)
  await demo?.close()
  await node.close()
  clearTimeout(cut)
  log.info('stopped')
  process.exit(0)
}
