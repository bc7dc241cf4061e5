/** The code with which graphql-ws abandons a connection that does not answer. */
const TERMINATED = 4499

/**
 * graphql-ws keeps listening to a socket that it abandoned: late messages of the old socket would be taken for messages of the new one.
 * And a `ws` socket without an error listener ends the Node process.
 */
export function deafAfterTermination(Base: typeof WebSocket): typeof WebSocket {
  return class extends Base {
    constructor(address: string | URL, protocols?: string | string[]) {
      super(address, protocols)
      this.addEventListener('error', () => {})
    }

    override close(code?: number, reason?: string): void {
      if (code === TERMINATED) this.onmessage = null
      super.close(code, reason)
    }
  }
}
