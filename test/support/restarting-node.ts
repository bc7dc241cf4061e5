import { type NodeOptions, startNode, type TestNode } from './node.ts'

/** A node that restarts after a crash with the same identity: on the same port, with the same data. */
export interface RestartingNode extends AsyncDisposable {
  /** Keeps its URLs across a crash. */
  readonly node: TestNode
  /** Kills it with SIGKILL and resolves when it is ready again. */
  crash(): Promise<void>
  /** Resolves when it is ready, starting it if it has exited. */
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
