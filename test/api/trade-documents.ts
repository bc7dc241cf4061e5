import type { Person, Rejected } from './auction-documents.ts'

const ORDER = `id orderId roomId user { id name } symbol side type status quantity filledQuantity leavesQuantity limitPrice
  averagePrice rejectionReason updatedAt`
const POSITION = `roomId user { id name } symbol quantity averageEntryPrice markPrice realizedPnl unrealizedPnl updatedAt`
const PORTFOLIO = `roomId user { id name } cash equity realizedPnl unrealizedPnl updatedAt`
const REJECTED = '... on Rejected { code reason field }'

export const REPORT_ORDER = `mutation ($input: ReportOrderInput!) { reportOrder(input: $input) {
  __typename ... on OrderPayload { cursor order { ${ORDER} } } ${REJECTED} } }`
export const REPORT_POSITION = `mutation ($input: ReportPositionInput!) { reportPosition(input: $input) {
  __typename ... on PositionPayload { cursor position { ${POSITION} } } ${REJECTED} } }`
export const REPORT_PORTFOLIO = `mutation ($input: ReportPortfolioInput!) { reportPortfolio(input: $input) {
  __typename ... on PortfolioPayload { cursor portfolio { ${PORTFOLIO} } } ${REJECTED} } }`

export const ORDERS_QUERY = `query ($roomId: ID!) { orders(roomId: $roomId) { ${ORDER} } }`
export const POSITIONS_QUERY = `query ($roomId: ID!) { positions(roomId: $roomId) { ${POSITION} } }`
export const PORTFOLIOS_QUERY = `query ($roomId: ID!) { portfolios(roomId: $roomId) { ${PORTFOLIO} } }`
export const ORDER_NODE = `query ($id: ID!) { node(id: $id) { __typename id ... on Order { ${ORDER} } } }`

export const ORDERS = `subscription ($roomId: ID!, $after: Cursor) { orders(roomId: $roomId, after: $after) {
  __typename
  ... on Event { offset cursor at }
  ... on OrdersSnapshot { reset open { ${ORDER} } }
  ... on OrderAccepted { order { ${ORDER} } }
  ... on OrderExecuted { order { ${ORDER} } executionId lastQuantity lastPrice }
  ... on OrderFailed { order { ${ORDER} } }
  ... on OrderCancelled { order { ${ORDER} } }
} }`
export const POSITIONS = `subscription ($roomId: ID!, $after: Cursor) { positions(roomId: $roomId, after: $after) {
  __typename
  ... on Event { offset cursor at }
  ... on PositionsSnapshot { reset positions { ${POSITION} } portfolios { ${PORTFOLIO} } }
  ... on PositionUpdated { position { ${POSITION} } }
  ... on PositionClosed { position { ${POSITION} } }
  ... on PortfolioUpdated { portfolio { ${PORTFOLIO} } }
} }`

interface Named extends Person {
  readonly name: string
}

export interface Order {
  readonly id: string
  readonly orderId: string
  readonly roomId: string
  readonly user: Named
  readonly symbol: string
  readonly status: string
  readonly quantity: number
  readonly filledQuantity: number
  readonly leavesQuantity: number
  readonly averagePrice: number | null
}

export interface Position {
  readonly user: Named
  readonly symbol: string
  readonly quantity: number
  readonly averageEntryPrice: number | null
  readonly markPrice: number | null
  readonly realizedPnl: number
  readonly unrealizedPnl: number | null
}

export interface Portfolio {
  readonly user: Named
  readonly cash: number
}

export interface OrderAnswer extends Rejected {
  readonly cursor: string
  readonly order: Order
}

export interface PositionAnswer extends Rejected {
  readonly cursor: string
  readonly position: Position
}

export interface PortfolioAnswer extends Rejected {
  readonly cursor: string
  readonly portfolio: Portfolio
}

interface Entry {
  readonly __typename: string
  readonly offset: number
  readonly cursor: string
  readonly at: string
  readonly reset?: boolean
}

export interface OrderEntry extends Entry {
  readonly open?: readonly Order[]
  readonly order?: Order
  readonly executionId?: string
  readonly lastQuantity?: number
  readonly lastPrice?: number
}

export interface PositionEntry extends Entry {
  readonly positions?: readonly Position[]
  readonly portfolios?: readonly Portfolio[]
  readonly position?: Position
  readonly portfolio?: Portfolio
}
