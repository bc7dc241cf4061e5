import SchemaBuilder from '@pothos/core'
import type { GraphQLSchema } from 'graphql'
import type { BidEvent } from './peer.ts'

interface Types {
  Objects: { Bidder: BidEvent['bidder']; BidEvent: BidEvent }
}

/** A subscription to the bids of one auction, as the documentation of Pothos writes it. */
export function createSchema(subscribe: (auctionId: string) => AsyncIterable<BidEvent>): GraphQLSchema {
  const builder = new SchemaBuilder<Types>({})
  builder.objectType('Bidder', {
    fields: (t) => ({
      id: t.exposeID('id'),
      name: t.exposeString('name'),
      country: t.exposeString('country'),
    }),
  })
  builder.objectType('BidEvent', {
    fields: (t) => ({
      id: t.exposeID('id'),
      auctionId: t.exposeID('auctionId'),
      seq: t.exposeInt('seq'),
      kind: t.exposeString('kind'),
      amount: t.exposeInt('amount'),
      currency: t.exposeString('currency'),
      endsAt: t.exposeString('endsAt'),
      t: t.exposeFloat('t'),
      bidder: t.field({ type: 'Bidder', resolve: ({ bidder }) => bidder }),
    }),
  })
  builder.queryType({ fields: (t) => ({ ok: t.boolean({ resolve: () => true }) }) })
  builder.subscriptionType({
    fields: (t) => ({
      bidPlaced: t.field({
        type: 'BidEvent',
        args: { auctionId: t.arg.id({ required: true }) },
        subscribe: (_, { auctionId }) => subscribe(String(auctionId)),
        resolve: (event) => event,
      }),
    }),
  })
  return builder.toSchema()
}
