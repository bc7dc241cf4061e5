import { generate } from '../run/generator.ts'
import { remarksOn } from '../run/load.ts'
import { SYSTEMS } from '../systems/systems.ts'
import type { Scenario } from './scenario.ts'

const SUBSCRIBERS = 5_000
const QUICK_SUBSCRIBERS = 1_000

const sizeOf = (isQuick: boolean): number => (isQuick ? QUICK_SUBSCRIBERS : SUBSCRIBERS)

/** Connections are opened, signed in and subscribed; then they are idle, and memory is read after a collection of garbage. */
export const CONNECTING: Scenario = {
  name: 'connect',
  title: 'Connecting, and what an idle subscriber costs',
  explanation: `Subscribers, each a user with a separate token, open a WebSocket, sign in and subscribe, 64 at a time. A subscriber of Rostrum
is ready at its first message, the snapshot; one of another GraphQL server when a ping after its subscription is
answered. Socket.IO and the systems below it check no tokens. Memory is resident memory when all are idle, minus that before; Node
servers collect garbage before both.`,
  columns: [
    { key: 'connects', title: 'connects/s', digits: 0, better: 'higher' },
    { key: 'p99', title: 'p99, ms', digits: 1, better: 'lower' },
    { key: 'memory', title: 'KB per subscriber', digits: 1, better: 'lower' },
  ],
  systems: SYSTEMS,
  cases: (isQuick) => [
    {
      name: `${sizeOf(isQuick).toLocaleString('en-US')} subscribers of one topic`,
      async measure(system, options) {
        const connections = sizeOf(isQuick)
        await using running = await system.start({ topics: 1, subscribers: connections }, options)
        const { target, collector } = running
        const collecting = collector === undefined ? {} : { collect: collector }
        const figures = await generate({ ...target, ...collecting, connections, concurrency: 64, settle: 3 })
        const { connectsPerSecond, connectP99Ms, residentKilobytesPerConnection } = figures
        return {
          values: {
            connects: connectsPerSecond,
            p99: connectP99Ms,
            memory: residentKilobytesPerConnection,
          },
          remarks: remarksOn(figures),
          raw: figures,
        }
      },
    },
  ],
}
