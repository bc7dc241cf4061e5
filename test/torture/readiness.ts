import { setTimeout as pause } from 'node:timers/promises'
import type { RestartingNode } from '../support/restarting-node.ts'

const LOOK_MS = 50
const PATIENCE_MS = 60_000

/** What `/ready` says. */
export interface Said {
  readonly isReady: boolean
  /** The named components, whether or not they make the node unready. */
  readonly parts: readonly string[]
}

interface Body {
  readonly problems?: readonly { readonly part: string }[]
  readonly warnings?: readonly { readonly part: string }[]
}

export async function askReady(url: string): Promise<Said> {
  const response = await fetch(`${url}/ready`)
  const { problems = [], warnings = [] } = (await response.json()) as Body
  return { isReady: response.status === 200, parts: [...problems, ...warnings].map(({ part }) => part) }
}

/** Resolves with the time until every node reported the wanted state. Throws if one does not within a minute. */
export async function untilSaid(
  nodes: readonly RestartingNode[],
  isWanted: (said: Said) => boolean,
): Promise<number> {
  const beganAt = Date.now()
  for (;;) {
    const said = await Promise.all(nodes.map(({ node }) => askReady(node.url)))
    if (said.every(isWanted)) return Date.now() - beganAt
    if (Date.now() - beganAt > PATIENCE_MS) throw new Error(`/ready says ${JSON.stringify(said)}`)
    await pause(LOOK_MS)
  }
}

export const isReady = ({ isReady }: Said): boolean => isReady
export const isFine = ({ isReady, parts }: Said): boolean => isReady && parts.length === 0
export const names =
  (part: string) =>
  ({ parts }: Said): boolean =>
    parts.includes(part)

/** What the nodes reported during a fault. */
export interface Watch {
  /** Number of probes in which a node was unready. */
  readonly notReady: number
  /** From the start until every node had named the component; undefined if one never did. */
  readonly namedAfterMs: number | undefined
}

/** Polls every node until stopped. */
export function watchReadiness(nodes: readonly RestartingNode[], part: string): { stop(): Promise<Watch> } {
  const beganAt = Date.now()
  const named = new Map<string, number>()
  let notReady = 0
  let isOver = false
  const look = async (url: string): Promise<void> => {
    const said = await askReady(url)
    if (!said.isReady) notReady += 1
    if (said.parts.includes(part) && !named.has(url)) named.set(url, Date.now() - beganAt)
  }
  const watching = (async () => {
    while (!isOver) {
      await Promise.all(nodes.map(({ node }) => look(node.url)))
      await pause(LOOK_MS)
    }
  })()
  // `stop` rejects with the error.
  watching.catch(() => {})
  return {
    async stop() {
      isOver = true
      await watching
      const namedAfterMs = named.size === nodes.length ? Math.max(...named.values()) : undefined
      return { notReady, namedAfterMs }
    },
  }
}
