import { once } from 'node:events'
import { WebSocket } from 'ws'
import type { GraphqlResult } from './graphql-client.ts'

/** A message of graphql-transport-ws, as it came. */
export interface Message {
  readonly type: string
  readonly id?: string
  readonly payload?: unknown
}

/** How a connection ended. */
export interface Ending {
  readonly code: number
  readonly reason: string
}

/** A WebSocket that speaks graphql-transport-ws message by message, so that a test can also break the protocol. */
export interface Socket extends Disposable {
  send(message: object | string): void
  /** Takes the first message of that type, and of that operation where one is named. Rejects once the connection has ended. */
  receive(type: string, id?: string): Promise<Message>
  /** Takes all messages of that type and operation that have come by now. */
  taken(type: string, id: string): readonly Message[]
  /** Begins a connection and returns the acknowledgement's payload. */
  init(payload?: object): Promise<Readonly<Record<string, unknown>>>
  /** Begins an operation and returns its id. */
  subscribe(query: string, variables?: object): string
  /** The only result of a query or mutation. */
  run(query: string, variables?: object): Promise<GraphqlResult>
  /** From now on nothing is read: the other side may say and close what it likes. */
  stall(): void
  readonly closed: Promise<Ending>
}

export interface SocketOptions {
  /** None at all where it is null. */
  readonly protocol?: string | null
  readonly headers?: Readonly<Record<string, string>>
}

/** Resolves when the upgrade succeeded; rejects with the HTTP status when it was refused. */
export async function openSocket(
  url: string,
  { protocol = 'graphql-transport-ws', headers = {} }: SocketOptions = {},
): Promise<Socket> {
  const socket = new WebSocket(url, protocol === null ? [] : [protocol], { headers })
  const inbox: Message[] = []
  let arrival = Promise.withResolvers<void>()
  let ending: Ending | undefined
  const closed = Promise.withResolvers<Ending>()
  let operations = 0

  function announce(): void {
    arrival.resolve()
    arrival = Promise.withResolvers()
  }
  socket.on('message', (data) => {
    inbox.push(JSON.parse(String(data)))
    announce()
  })
  socket.once('close', (code, reason) => {
    ending = { code, reason: String(reason) }
    closed.resolve(ending)
    announce()
  })
  await once(socket, 'open')
  // Faults from here on are reported by `closed`.
  socket.on('error', () => {})

  const opened: Socket = {
    closed: closed.promise,
    send: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    async receive(type, id) {
      for (;;) {
        const at = inbox.findIndex(
          (message) => message.type === type && (id === undefined || message.id === id),
        )
        const [message] = at < 0 ? [] : inbox.splice(at, 1)
        if (message !== undefined) return message
        if (ending !== undefined)
          throw new Error(`closed with ${ending.code} (${ending.reason}) before a message of type ${type}`)
        await arrival.promise
      }
    },
    taken(type, id) {
      const isMeant = (message: Message): boolean => message.type === type && message.id === id
      const found = inbox.filter(isMeant)
      inbox.splice(0, inbox.length, ...inbox.filter((message) => !isMeant(message)))
      return found
    },
    async init(payload) {
      opened.send({ type: 'connection_init', ...(payload === undefined ? {} : { payload }) })
      const { payload: acknowledged } = await opened.receive('connection_ack')
      return acknowledged as Readonly<Record<string, unknown>>
    },
    subscribe(query, variables = {}) {
      operations += 1
      const id = String(operations)
      opened.send({ type: 'subscribe', id, payload: { query, variables } })
      return id
    },
    async run(query, variables) {
      const { payload } = await opened.receive('next', opened.subscribe(query, variables))
      return payload as GraphqlResult
    },
    stall: () => socket.pause(),
    [Symbol.dispose]: () => socket.terminate(),
  }
  return opened
}
