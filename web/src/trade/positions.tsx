import type { Portfolio, Position } from '@rostrum/client'
import { usePositions } from '@rostrum/client/react'
import { useHere } from '../here.ts'
import { gain, number, numberIfKnown } from './number.ts'
import { type Row, Table } from './table.tsx'

const POSITION_COLUMNS = ['Who', 'Symbol', 'Quantity', 'Bought at', 'Now at', 'Open gain', 'Realised']
const PORTFOLIO_COLUMNS = ['Who', 'Worth', 'Cash', 'Open gain', 'Realised']

/** What everybody holds, and what everybody is worth, best first. */
export function Positions() {
  const { roomId } = useHere()
  const live = usePositions(roomId)
  const { positions, portfolios } = live.kind === 'live' ? live.state : { positions: [], portfolios: [] }
  const ranked = [...portfolios].sort((one, other) => other.equity - one.equity)
  return (
    <>
      <Table id="positions" title="Positions" columns={POSITION_COLUMNS} rows={positions.map(positionRow)} />
      <Table id="portfolios" title="Portfolios" columns={PORTFOLIO_COLUMNS} rows={ranked.map(portfolioRow)} />
    </>
  )
}

function positionRow(position: Position): Row {
  const { user, symbol, quantity, averageEntryPrice, markPrice, unrealizedPnl, realizedPnl } = position
  return {
    key: JSON.stringify([user.id, symbol]),
    cells: [
      user.name,
      symbol,
      number(quantity),
      numberIfKnown(averageEntryPrice),
      numberIfKnown(markPrice),
      gain(unrealizedPnl),
      gain(realizedPnl),
    ],
  }
}

function portfolioRow({ user, equity, cash, unrealizedPnl, realizedPnl }: Portfolio): Row {
  return {
    key: user.id,
    cells: [user.name, number(equity), number(cash), gain(unrealizedPnl), gain(realizedPnl)],
  }
}
