import type { Auction } from '@rostrum/client'
import { createContext, useContext, useEffect, useState } from 'react'
import { isOver } from './standing.ts'

/** How long a lot that is over stays shown, before the next one takes its place. */
const NEXT_AFTER_MS = 2_000

/** The lot on the page. The console acts on the same one. */
export interface ShownLot {
  /** Undefined where the room has no lot to show. */
  readonly shownId: string | undefined
  readonly show: (auctionId: string) => void
}

const Context = createContext<ShownLot>({ shownId: undefined, show: () => {} })
export const ShownLotProvider = Context.Provider

export function useShownLot(): ShownLot {
  return useContext(Context)
}

/** The lot that was chosen; else the one that ends next, until a while after its end. */
export function useChoiceOfLot(lots: readonly Auction[]): ShownLot {
  const [shown, setShown] = useState<{ readonly id: string; readonly isChosen: boolean }>()
  const next =
    lots.find(({ phase }) => phase === 'LIVE' || phase === 'PAUSED') ?? lots.find((lot) => !isOver(lot))
  const current = lots.find(({ id }) => id === shown?.id)
  const nextId = next?.id
  // A lot that ended while the connection was away is in no list.
  const isAtEnd = (current === undefined || isOver(current)) && shown?.isChosen === false
  useEffect(() => {
    if (nextId === undefined) return
    if (shown === undefined) setShown({ id: nextId, isChosen: false })
    if (!isAtEnd) return
    const timer = setTimeout(() => setShown({ id: nextId, isChosen: false }), NEXT_AFTER_MS)
    return () => clearTimeout(timer)
  }, [nextId, shown, isAtEnd])

  function show(auctionId: string): void {
    const lot = lots.find(({ id }) => id === auctionId)
    // A chosen lot that is over stays shown; a live one gives way to the next when it ends.
    setShown({ id: auctionId, isChosen: lot === undefined || isOver(lot) })
  }
  return { shownId: shown?.id, show }
}
