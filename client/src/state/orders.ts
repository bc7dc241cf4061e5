import {
  LiveOrdersDocument,
  type LiveOrdersSubscription,
  type LiveOrdersSubscriptionVariables,
  type OrderPartsFragment,
} from '../gql/graphql.ts'
import type { LiveDefinition } from './live.ts'

export type Order = OrderPartsFragment

/** Orders open at the snapshot and all that changed since, latest change first; at most 500. */
export type OrdersState = readonly Order[]

const MAX_ORDERS = 500

export function liveOrders(
  roomId: string,
): LiveDefinition<OrdersState, LiveOrdersSubscription, LiveOrdersSubscriptionVariables> {
  return { operation: { query: LiveOrdersDocument, variables: { roomId } }, reduce }
}

function reduce(state: OrdersState = [], { orders: entry }: LiveOrdersSubscription): OrdersState {
  if (entry.__typename === 'OrdersSnapshot') {
    return [...entry.open].sort((one, other) => (one.updatedAt < other.updatedAt ? 1 : -1))
  }
  const { order } = entry
  return [order, ...state.filter(({ id }) => id !== order.id)].slice(0, MAX_ORDERS)
}
