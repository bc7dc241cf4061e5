import type { WebSocket } from 'ws'
import type { Connection } from './connection.ts'

/** The connections of a node, until their sockets are closed. */
export class OpenConnections {
  readonly #connections = new Map<WebSocket, Connection>()
  #onEmpty: (() => void) | undefined

  get size(): number {
    return this.#connections.size
  }

  /** Bytes queued in this process for all connections. */
  queuedBytes(): number {
    let sum = 0
    for (const { writer } of this.#connections.values()) sum += writer.queuedBytes
    return sum
  }

  add(socket: WebSocket, connection: Connection): void {
    this.#connections.set(socket, connection)
  }

  delete(socket: WebSocket): void {
    this.#connections.delete(socket)
    if (this.#connections.size === 0) this.#onEmpty?.()
  }

  /** Resolves when all connections are closed; those still open after `withinMs` are terminated. */
  async drained(withinMs: number): Promise<void> {
    const deadline = setTimeout(() => this.#terminateAll(), withinMs)
    await new Promise<void>((resolve) => {
      if (this.#connections.size === 0) resolve()
      else this.#onEmpty = resolve
    })
    clearTimeout(deadline)
  }

  #terminateAll(): void {
    for (const socket of this.#connections.keys()) socket.terminate()
  }
}
