import { once } from 'node:events'
import { WebSocket } from 'ws'

/** Subscriptions over one WebSocket whose own cost is small, so that a measurement is one of the server. */
export interface Watchers {
  subscribe(query: string, variables: object): void
  close(): void
}

/** `onFrame` gets every message after the acknowledgement as it came: operations are named `0`, `1`, … in order. */
export async function openWatchers(
  wsUrl: string,
  token: string | undefined,
  onFrame: (frame: Buffer) => void,
): Promise<Watchers> {
  const socket = new WebSocket(wsUrl, 'graphql-transport-ws', { skipUTF8Validation: true })
  await once(socket, 'open')
  socket.send(JSON.stringify({ type: 'connection_init', payload: token === undefined ? {} : { token } }))
  await once(socket, 'message')
  socket.on('message', onFrame)
  let isClosing = false
  socket.once('close', (code) => {
    if (!isClosing) throw new Error(`a watcher was closed with ${code}`)
  })
  let operations = 0
  return {
    subscribe(query, variables) {
      const id = String(operations)
      operations += 1
      socket.send(JSON.stringify({ type: 'subscribe', id, payload: { query, variables } }))
    },
    close() {
      isClosing = true
      socket.close()
    },
  }
}
