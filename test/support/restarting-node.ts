import { type NodeOptions, startNode, type TestNode } from './node.ts'

/** A node that comes back after a crash as the same one: on the same port, with the same data. */
export interface RestartingNode extends AsyncDisposable {
  /** Keeps its addresses over a crash. */
  readonly node: TestNode
  /** Kills it with SIGKILL and resolves when it is ready again. */
  crash(): Promise<void>
  /** Resolves when it is ready, and starts it where it has ended. */
  revive(): Promise<void>
}

export async function startRestartingNode(options: NodeOptions = {}): Promise<RestartingNode> {
  let node = await startNode(options)
  const again = { ...options, folder: node.folder, port: Number(new URL(node.url).port) }
  let isOver = false
  const mark = (): void => {
    const started = node
    isOver = false
    void started.exited.then(() => {
      if (started === node) isOver = true
    })
  }
  mark()
  async function revive(): Promise<void> {
    if (!isOver) return
    node = await startNode(again)
    mark()
  }
  return {
    get node() {
      return node
    },
    async crash() {
      await node.kill()
      isOver = true
      await revive()
    },
    revive,
    [Symbol.asyncDispose]: () => node[Symbol.asyncDispose](),
  }
}
