import type { ExecutionArgs } from 'graphql'
import { RedisPubSub } from 'graphql-redis-subscriptions'
import { useServer } from 'graphql-ws/use/ws'
import { createPubSub, createYoga } from 'graphql-yoga'
import { Redis } from 'ioredis'
import { WebSocketServer } from 'ws'
import { type BidEvent, createEvent, createPeerServer, isSignedIn, listen, type Publish } from './peer.ts'
import { createSchema } from './yoga-schema.ts'

/** graphql-yoga with graphql-ws and Pothos, set up as their documentation does; its events through Redis, or in memory. */
interface Events {
  readonly subscribe: (auctionId: string) => AsyncIterable<BidEvent>
  readonly publish: Publish
}

function eventsThrough(redisUrl: string): Events {
  const bus = new RedisPubSub({ publisher: new Redis(redisUrl), subscriber: new Redis(redisUrl) })
  return {
    subscribe: (id) => bus.asyncIterableIterator<BidEvent>(`bid:${id}`),
    publish: (topic, time) => bus.publish(`bid:${topic}`, createEvent(topic, time)),
  }
}

function eventsInMemory(): Events {
  const bus = createPubSub<{ bid: [id: string, event: BidEvent] }>()
  return {
    subscribe: (id) => bus.subscribe('bid', id),
    publish: (topic, time) => bus.publish('bid', topic, createEvent(topic, time)),
  }
}

const redisUrl = process.env['REDIS_URL']
const { subscribe, publish } = redisUrl === undefined ? eventsInMemory() : eventsThrough(redisUrl)
const yoga = createYoga({
  schema: createSchema(subscribe),
  graphiql: { subscriptionsProtocol: 'WS' },
  logging: false,
})
const server = createPeerServer(publish, yoga)

/** Yoga's functions travel as the root value from `onSubscribe` to those of graphql-ws. */
type Root = Pick<ReturnType<typeof yoga.getEnveloped>, 'execute' | 'subscribe'>

useServer(
  {
    onConnect: ({ connectionParams }) => isSignedIn(connectionParams),
    execute: (args) => (args.rootValue as Root).execute(args),
    subscribe: (args) => (args.rootValue as Root).subscribe(args),
    async onSubscribe(context, _id, params) {
      const { request, socket } = context.extra
      const enveloped = yoga.getEnveloped({ ...context, req: request, socket, params })
      const args: ExecutionArgs = {
        schema: enveloped.schema,
        document: enveloped.parse(params.query),
        contextValue: await enveloped.contextFactory(),
        rootValue: { execute: enveloped.execute, subscribe: enveloped.subscribe } satisfies Root,
        operationName: params.operationName ?? null,
        variableValues: params.variables ?? null,
      }
      const errors = enveloped.validate(args.schema, args.document)
      return errors.length > 0 ? errors : args
    },
  },
  new WebSocketServer({ server, path: yoga.graphqlEndpoint }),
)
listen(server)
