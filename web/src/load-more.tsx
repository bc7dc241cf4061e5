import type { Older } from './older.ts'

interface Props {
  readonly older: Pick<Older<unknown>, 'hasMore' | 'isLoading' | 'problem' | 'loadMore'>
  /** What the button says. */
  readonly children: string
}

/** A button that loads the next page of a history; hidden once the oldest item is shown. */
export function LoadMore({ older: { hasMore, isLoading, problem, loadMore }, children }: Props) {
  if (!hasMore) return null
  return (
    <p className="load-more">
      <button type="button" aria-disabled={isLoading} onClick={() => !isLoading && loadMore()}>
        {isLoading ? 'Loading…' : children}
      </button>
      {problem !== '' && <span role="alert">{problem}</span>}
    </p>
  )
}
