import { once } from 'node:events'
import { WebSocket } from 'ws'

/** An auction as shown to a subscriber of `auctionUpdates`. */
export interface Shown {
  readonly id: string
  readonly currentPrice: number | null
}

/** Subscribers of `auctionUpdates` that share one plain WebSocket, so that a thousand are cheap. */
export interface Tickers extends Disposable {
  /** What each received, in order. */
  readonly subscribers: readonly (readonly Shown[])[]
}

interface Frame {
  readonly type: string
  readonly id: string
  readonly payload: { readonly data: { readonly auctionUpdates: Shown } }
}

export async function openTickers(
  wsUrl: string,
  token: string | undefined,
  count: number,
  query: string,
  variables: object,
): Promise<Tickers> {
  const socket = new WebSocket(wsUrl, 'graphql-transport-ws')
  await once(socket, 'open')
  socket.send(JSON.stringify({ type: 'connection_init', payload: token === undefined ? {} : { token } }))
  await once(socket, 'message')
  const subscribers = Array.from({ length: count }, (): Shown[] => [])
  socket.on('message', (data) => {
    const { type, id, payload } = JSON.parse(String(data)) as Frame
    if (type !== 'next') throw new Error(`subscriber ${id} got ${String(data)}`)
    subscribers[Number(id)]?.push(payload.data.auctionUpdates)
  })
  for (const id of subscribers.keys()) {
    socket.send(JSON.stringify({ type: 'subscribe', id: String(id), payload: { query, variables } }))
  }
  return { subscribers, [Symbol.dispose]: () => socket.terminate() }
}
