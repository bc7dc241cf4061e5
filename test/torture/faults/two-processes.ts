import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from '../../support/free-port.ts'
import { TEST_SECRET } from '../../support/node.ts'
import { makeTemporaryFolder, startProcess } from '../../support/process.ts'
import { canUnshare, UNSHARE } from '../../support/unshare.ts'
import type { Fault } from '../fault.ts'
import { type Burst, performEmbedded } from '../scenario.ts'

const BURST = { rooms: 2, watchersEach: 4, publishers: 6, pauseMs: 20 }
const MAIN = join(import.meta.dirname, '../../../src/main.ts')
const PATIENCE_MS = 60_000
/** The number of second processes started at one moment. */
const TOGETHER = 2

/**
 * Fault 25: other processes are started repeatedly on the directory of the only node, and once more after it was
 * killed.
 */
export const twoProcesses: Fault = {
  number: 25,
  name: 'two processes, in separate PID namespaces, on one embedded data directory',
  run(form, seed) {
    const rounds = form === 'short' ? 1 : 15
    return performEmbedded({ ...BURST, seed }, async ({ nodes: [alone] }) => {
      if (alone === undefined) throw new RangeError('a scenario has a node')
      const prefix = (await canUnshare()) ? UNSHARE : []
      let refused = 0
      for (let round = 0; round < rounds; round += 1) {
        refused += await countRefused(alone, prefix)
        await alone.crash()
      }
      const tried = rounds * TOGETHER
      if (refused < tried) throw new Error(`${tried - refused} of ${tried} second processes were let in`)
      return {
        'second processes refused': `${refused} of ${tried}`,
        'in a PID namespace of their own': prefix.length > 0 ? 'yes' : 'not allowed on this machine',
        'starts after a kill': `${rounds} of ${rounds}`,
      }
    })
  },
}

async function countRefused({ node }: Burst['nodes'][number], prefix: readonly string[]): Promise<number> {
  const starts = Array.from({ length: TOGETHER }, () => startSecond(node.folder, prefix))
  const printed = await Promise.all(starts)
  return printed.filter((text) => text.includes(`${node.folder} is in use by process ${node.pid} `)).length
}

/** Resolves with its output once it has exited. Stops one that was admitted after a while. */
async function startSecond(directory: string, prefix: readonly string[]): Promise<string> {
  const folder = await makeTemporaryFolder('second')
  const variables = { DATA_DIR: directory, JWT_SECRET: TEST_SECRET, HOST: '127.0.0.1', DEMO: 'false' }
  const env = Object.entries({ ...variables, PORT: String(await freePort()) }).map(
    ([name, value]) => `${name}=${value}`,
  )
  const [file = 'env', ...args] = [...prefix, 'env', ...env, process.execPath, MAIN]
  const server = startProcess({ file, args, folder, lethal: 'SIGKILL' })
  const ended = await Promise.race([server.exited, pause(PATIENCE_MS, undefined, { ref: false })])
  if (ended === undefined) await server.end('SIGKILL')
  return await server.exited
}
