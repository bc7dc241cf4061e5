/**
 * As much of the peers' packages as the peers use: those come by a lock file of their own on the first run, and the project
 * has to be well typed without them.
 */
declare module 'socket.io' {
  export interface Socket {
    on(event: 'join', listener: (room: string, acknowledge: () => void) => unknown): void
    join(room: string): Promise<void> | void
  }
  export class Server {
    constructor(server: import('node:http').Server, options: { readonly transports: readonly string[] })
    adapter(create: unknown): void
    on(event: 'connection', listener: (socket: Socket) => void): void
    to(room: string): { emit(event: string, payload: unknown): boolean }
  }
}

declare module '@socket.io/redis-adapter' {
  export function createAdapter(publisher: unknown, subscriber: unknown): unknown
}

declare module 'fastify' {
  interface Raw {
    readonly raw: import('node:http').IncomingMessage
  }
  interface Reply {
    readonly raw: import('node:http').ServerResponse
    hijack(): void
  }
  interface App {
    readonly graphql: {
      readonly pubsub: { publish(event: { readonly topic: string; readonly payload: object }): void }
    }
    register<Options>(plugin: (options: Options) => void, options: Options): Promise<void>
    post(path: string, handler: (request: Raw, reply: Reply) => void): void
    listen(address: {
      readonly port: number
      readonly host: string
      readonly backlog: number
    }): Promise<string>
  }
  export default function fastify(options: {
    readonly logger: boolean
    readonly keepAliveTimeout: number
  }): App
}

declare module 'mercurius' {
  interface Context {
    readonly pubsub: { subscribe(topic: string): unknown }
  }
  interface Options {
    readonly schema: string
    readonly resolvers: {
      readonly Query: Readonly<Record<string, () => unknown>>
      readonly Subscription: Readonly<
        Record<
          string,
          {
            readonly subscribe: (
              root: unknown,
              args: { readonly auctionId: string },
              context: Context,
            ) => unknown
          }
        >
      >
    }
    readonly subscription: {
      readonly onConnect: (data: { readonly payload: unknown }) => Promise<boolean>
    }
  }
  export default function mercurius(options: Options): void
}
