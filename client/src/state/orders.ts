import {
  LiveOrdersDocument,
  type LiveOrdersSubscription,
  type LiveOrdersSubscriptionVariables,
  type OrderPartsFragment,
  type OrderStatus,
} from '../gql/graphql.ts'
import type { LiveDefinition } from './live.ts'

export type Order = OrderPartsFragment

/** Orders open at the snapshot and all that changed since, latest change first; at most 500 that are over. */
export type OrdersState = readonly Order[]

const MAX_OVER = 500
const OPEN: readonly string[] = ['NEW', 'PARTIALLY_FILLED'] satisfies readonly OrderStatus[]

export function liveOrders(
  roomId: string,
): LiveDefinition<OrdersState, LiveOrdersSubscription, LiveOrdersSubscriptionVariables> {
  return { operation: { query: LiveOrdersDocument, variables: { roomId } }, reduce }
}

function reduce(state: OrdersState = [], { orders: entry }: LiveOrdersSubscription): OrdersState {
  if (entry.__typename === 'OrdersSnapshot') {
    return [...entry.open].sort(byChange)
  }
  const { order } = entry
  const all = [order, ...state.filter(({ id }) => id !== order.id)].sort(byChange)
  const over = all.filter(({ status }) => !OPEN.includes(status))
  const oldest = over[MAX_OVER]
  return all.filter((each) => each !== oldest)
}

/** Orders of one batch changed at the same moment. */
function byChange(one: Order, other: Order): number {
  if (one.updatedAt !== other.updatedAt) return one.updatedAt < other.updatedAt ? 1 : -1
  return one.orderId < other.orderId ? -1 : 1
}
