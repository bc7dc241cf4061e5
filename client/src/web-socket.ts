/** With it graphql-ws gives up a connection that does not answer. */
const TERMINATED = 4499

/**
 * graphql-ws goes on listening to a socket that it gave up, beside the next one: what still comes over the old would be taken
 * for the new one's. And where nobody listens for the error of a socket of `ws`, Node ends the process.
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
