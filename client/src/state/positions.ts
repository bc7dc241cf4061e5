import {
  LivePositionsDocument,
  type LivePositionsSubscription,
  type LivePositionsSubscriptionVariables,
  type PortfolioPartsFragment,
  type PositionPartsFragment,
} from '../gql/graphql.ts'
import type { LiveDefinition } from './live.ts'

export type Position = PositionPartsFragment
export type Portfolio = PortfolioPartsFragment

export interface PositionsState {
  /** One per user and symbol, by symbol. Closed positions have quantity 0 and their realised gain. */
  readonly positions: readonly Position[]
  /** One per user, by user id. */
  readonly portfolios: readonly Portfolio[]
}

export function livePositions(
  roomId: string,
): LiveDefinition<PositionsState, LivePositionsSubscription, LivePositionsSubscriptionVariables> {
  return { operation: { query: LivePositionsDocument, variables: { roomId } }, reduce }
}

const NONE: PositionsState = { positions: [], portfolios: [] }

function reduce(state = NONE, { positions: entry }: LivePositionsSubscription): PositionsState {
  switch (entry.__typename) {
    case 'PositionsSnapshot':
      return {
        positions: [...entry.positions].sort(bySymbol),
        portfolios: [...entry.portfolios].sort(byUser),
      }
    case 'PortfolioUpdated': {
      const { portfolio } = entry
      const others = state.portfolios.filter(({ user }) => user.id !== portfolio.user.id)
      return { ...state, portfolios: [...others, portfolio].sort(byUser) }
    }
    default: {
      const { position } = entry
      const others = state.positions.filter(
        ({ user, symbol }) => user.id !== position.user.id || symbol !== position.symbol,
      )
      return { ...state, positions: [...others, position].sort(bySymbol) }
    }
  }
}

function bySymbol(one: Position, other: Position): number {
  if (one.symbol !== other.symbol) return one.symbol < other.symbol ? -1 : 1
  return byUser(one, other)
}

function byUser(one: Pick<Position, 'user'>, other: Pick<Position, 'user'>): number {
  return one.user.id < other.user.id ? -1 : 1
}
