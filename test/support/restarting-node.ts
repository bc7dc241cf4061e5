import { type NodeOptions, startNode, type TestNode } from './node.ts'

/** A node that comes back after a crash as the same one: on the same port, with the same data. */
export interface RestartingNode extends AsyncDisposable {
  /** Keeps its addresses over a crash. */
  readonly node: TestNode
  /** Kills it with SIGKILL and resolves when it is ready again. */
  crash(): Promise<void>
}

export async function startRestartingNode(options: NodeOptions = {}): Promise<RestartingNode> {
  let node = await startNode(options)
  const again = { ...options, folder: node.folder, port: Number(new URL(node.url).port) }
  return {
    get node() {
      return node
    },
    async crash() {
      await node.kill()
      node = await startNode(again)
    },
    [Symbol.asyncDispose]: () => node[Symbol.asyncDispose](),
  }
}
