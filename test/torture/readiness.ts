import { setTimeout as pause } from 'node:timers/promises'
import type { RestartingNode } from '../support/restarting-node.ts'

const LOOK_MS = 50
const PATIENCE_MS = 60_000

/** What `/ready` says. */
export interface Said {
  readonly isReady: boolean
  /** Parts that are named, whether they take the node out of service or not. */
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

/** Resolves with how long it took until every node said what is wanted. Throws if one does not within a minute. */
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

/** What the nodes said while something happened. */
export interface Watch {
  /** Times at which a node was out of service. */
  readonly notReady: number
  /** From the start until every node had named the part; undefined where one never did. */
  readonly namedAfterMs: number | undefined
}

/** Asks every node again and again until it is stopped. */
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
  // Whoever stops it gets the error.
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
