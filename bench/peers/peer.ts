import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { jwtVerify } from 'jose'

/** What every peer sends its subscribers: as heavy as a bid of the server's own. */
export interface BidEvent {
  readonly id: string
  readonly auctionId: string
  readonly seq: number
  readonly kind: string
  readonly amount: number
  readonly currency: string
  readonly endsAt: string
  /** Microseconds, as the publisher gave them: sent on unread. */
  readonly t: number
  readonly bidder: { readonly id: string; readonly name: string; readonly country: string }
}

/** `time` in microseconds. */
export type Publish = (topic: string, time: number) => unknown
type Handler = (request: IncomingMessage, response: ServerResponse) => unknown

export const PORT = Number(process.env['PORT'])
const SECRET = new TextEncoder().encode(process.env['JWT_SECRET'])
const PUBLISH = /^\/publish\?topic=(\w+)&time=(\d+)$/
const KEEP_ALIVE_MS = 600_000

let count = 0

export function createEvent(topic: string, time: number): BidEvent {
  count += 1
  return {
    id: `evt_${String(count).padStart(8, '0')}`,
    auctionId: topic,
    seq: count,
    kind: 'BID_PLACED',
    amount: 125_050 + (count % 1000),
    currency: 'EUR',
    endsAt: '2030-01-01T00:00:00.000Z',
    t: time,
    bidder: { id: 'usr_00829', name: 'Ada Lovelace', country: 'GB' },
  }
}

/** The bytes of a `next` message: systems without GraphQL carry the same weight. */
export function messageOf(event: BidEvent): string {
  return `{"id":"00000000-5f3a-4c1b-9d2e-000000000001","type":"next","payload":{"data":{"bidPlaced":${JSON.stringify(event)}}}}`
}

/** Whether the payload of a `connection_init` carries a good token. */
export async function isSignedIn(payload: unknown): Promise<boolean> {
  const { token = '' } = (payload ?? {}) as { readonly token?: string }
  return jwtVerify(token, SECRET, { algorithms: ['HS256'] }).then(
    () => true,
    () => false,
  )
}

/** Answers `POST /publish?topic=…&time=…`; false where the request is another. */
export function answerPublish(request: IncomingMessage, response: ServerResponse, publish: Publish): boolean {
  const [, topic, time] = PUBLISH.exec(request.url ?? '') ?? []
  if (topic === undefined) return false
  publish(topic, Number(time))
  response.statusCode = 204
  response.end()
  return true
}

/** A server that publishes on request; others go to `rest`. */
export function createPeerServer(publish: Publish, rest?: Handler): Server {
  const server = createServer((request, response) => {
    if (answerPublish(request, response, publish)) return
    if (rest !== undefined) return void rest(request, response)
    response.statusCode = 404
    response.end()
  })
  server.keepAliveTimeout = KEEP_ALIVE_MS
  return server
}

export function listen(server: Server): void {
  server.listen({ port: PORT, host: '127.0.0.1', backlog: 4096 })
}

process.on('SIGTERM', () => process.exit(0))
