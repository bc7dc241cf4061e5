import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** What came to a receiver. */
export interface Received {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** How a receiver answers: a status, never, or by breaking the connection. */
export type Mood = number | 'hangs' | 'breaks'

/** A push service that behaves as a test wants. */
export interface Receiver extends AsyncDisposable {
  readonly url: URL
  readonly received: readonly Received[]
  mood: Mood
  /** Resolves when so many requests have come in all. */
  count(count: number): Promise<readonly Received[]>
}

export async function startReceiver(mood: Mood = 200): Promise<Receiver> {
  const received: Received[] = []
  let arrived = Promise.withResolvers<void>()
  const server: Server = createServer(async (request, response) => {
    received.push({ headers: request.headers, body: await text(request) })
    arrived.resolve()
    arrived = Promise.withResolvers()
    if (receiver.mood === 'breaks') response.destroy()
    else if (typeof receiver.mood === 'number')
      response.writeHead(receiver.mood, { location: '/elsewhere' }).end('said nothing')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const receiver: Receiver = {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/push?key=hidden`),
    received,
    mood,
    async count(count) {
      while (received.length < count) await arrived.promise
      return received.slice(0, count)
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return receiver
}
