import { useEffect, useRef, useState } from 'react'
import { useAsk } from '../ask.ts'
import { type LotPartsFragment, LotsDocument, type LotsQuery } from '../gql/graphql.ts'
import type { Older } from '../older.ts'
import { isOver } from './standing.ts'

/** An auction as a list of lots shows it. */
export type Lot = LotPartsFragment

type Page = NonNullable<LotsQuery['room']>['auctions']

export interface EarlierLots extends Older<Lot> {
  /** Whether the room has an open lot that the subscription has not sent yet. */
  readonly isAwaitingLive: boolean
}

/**
 * Adds the lots that ended before the page was opened to the live lots of a room: the subscription sends open lots, and those that end
 * from then on. Loads the first page immediately.
 */
export function useEarlierLots(roomId: string, live: readonly Lot[]): EarlierLots {
  const ask = useAsk()
  const [ended, setEnded] = useState<ReadonlyMap<string, Lot>>(new Map())
  const [open, setOpen] = useState<readonly string[]>()
  const [cursor, setCursor] = useState<string | null>(null)
  const [isLoading, setIsLoading] = useState(true)
  const [problem, setProblem] = useState('')
  const asked = useRef(0)

  function load(after: string | null): void {
    asked.current += 1
    const question = asked.current
    setIsLoading(true)
    setProblem('')
    ask(LotsDocument, { roomId, after }).then(
      ({ room }) => question === asked.current && take(room?.auctions, after === null),
      (error: Error) => question === asked.current && fail(error),
    )
  }

  function take(page: Page | undefined, isFirst: boolean): void {
    setIsLoading(false)
    if (page === undefined) return
    setCursor(page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null)
    if (isFirst) setOpen(page.edges.filter(({ node }) => !isOver(node)).map(({ node }) => node.id))
    const found = page.edges.map(({ node }) => [node.id, node] as const).filter(([, lot]) => isOver(lot))
    setEnded((before) => new Map([...(isFirst ? [] : before), ...found]))
  }

  function fail({ message }: Error): void {
    setIsLoading(false)
    setProblem(message)
  }

  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each room
  useEffect(() => {
    load(null)
    return () => {
      asked.current += 1
    }
  }, [roomId])

  const all = new Map([...ended, ...live.map((lot) => [lot.id, lot] as const)])
  return {
    items: [...all.values()],
    isAwaitingLive: problem === '' && (open === undefined || open.some((id) => !all.has(id))),
    hasMore: cursor !== null || problem !== '',
    isLoading,
    problem,
    loadMore: () => load(cursor),
  }
}
