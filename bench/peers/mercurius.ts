import Fastify from 'fastify'
import mercurius from 'mercurius'
import { answerPublish, createEvent, isSignedIn, PORT } from './peer.ts'

/** mercurius on fastify, with the bus that it brings. */
const SCHEMA = `
  type Bidder { id: ID! name: String! country: String! }
  type BidEvent {
    id: ID! auctionId: ID! seq: Int! kind: String! amount: Int! currency: String! endsAt: String! t: Float! bidder: Bidder!
  }
  type Query { ok: Boolean }
  type Subscription { bidPlaced(auctionId: ID!): BidEvent! }`

const app = Fastify({ logger: false, keepAliveTimeout: 600_000 })
await app.register(mercurius, {
  schema: SCHEMA,
  resolvers: {
    Query: { ok: () => true },
    Subscription: {
      bidPlaced: { subscribe: (_, { auctionId }, { pubsub }) => pubsub.subscribe(`bid:${auctionId}`) },
    },
  },
  subscription: { onConnect: ({ payload }) => isSignedIn(payload) },
})
app.post('/publish', (request, reply) => {
  reply.hijack()
  answerPublish(request.raw, reply.raw, (topic, time) =>
    app.graphql.pubsub.publish({ topic: `bid:${topic}`, payload: { bidPlaced: createEvent(topic, time) } }),
  )
})
await app.listen({ port: PORT, host: '127.0.0.1', backlog: 4096 })
