import type { Standing } from '@rostrum/client'
import { useHere } from './here.ts'
import { ScrollArea } from './scroll-area.tsx'

interface Props {
  readonly labelledBy: string
  /** Best first. */
  readonly standings: readonly Standing[]
  readonly wordsFor: (score: number) => string
}

const MAX_SHOWN = 100

/** A ranking that marks who has just risen or fallen. */
export function Standings({ labelledBy, standings, wordsFor }: Props) {
  const { myId } = useHere()
  return (
    <ScrollArea labelledBy={labelledBy}>
      <ol className="lines standings">
        {standings.slice(0, MAX_SHOWN).map(({ rank, previousRank, score, user }) => (
          <li key={user.id} className={user.id === myId ? 'mine' : ''}>
            <span>{rank}</span>
            <span className="line">{user.id === myId ? `${user.name} (you)` : user.name}</span>
            <span>{wordsFor(score)}</span>
            <Change by={previousRank === null ? 0 : previousRank - rank} />
          </li>
        ))}
      </ol>
    </ScrollArea>
  )
}

function Change({ by }: { readonly by: number }) {
  if (by === 0) return <span />
  return (
    <span className={by > 0 ? 'risen' : 'fallen'}>
      <span aria-hidden="true">{by > 0 ? '▲' : '▼'}</span>
      <span className="unseen">{by > 0 ? 'risen' : 'fallen'}</span>
    </span>
  )
}
