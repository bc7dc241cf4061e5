import { useRef } from 'react'
import { useCommand } from '../command.ts'
import { SetTypingDocument } from '../gql/graphql.ts'
import { useHere } from '../here.ts'

/** A typing signal lasts ten seconds: repeat it while the viewer types. */
const SAID_AGAIN_MS = 5_000

/** Reports when the viewer starts and stops typing. */
export function useTellTyping(): {
  readonly tellTyping: (isTyping: boolean) => void
  readonly tellDone: () => void
} {
  const { roomId } = useHere()
  const command = useCommand()
  const saidAt = useRef(Number.NEGATIVE_INFINITY)

  function tellTyping(isTyping: boolean): void {
    const now = performance.now()
    if (!isTyping) {
      tellDone()
      return
    }
    if (now - saidAt.current < SAID_AGAIN_MS) return
    saidAt.current = now
    void command(SetTypingDocument, { roomId, typing: true })
  }
  function tellDone(): void {
    if (saidAt.current === Number.NEGATIVE_INFINITY) return
    saidAt.current = Number.NEGATIVE_INFINITY
    void command(SetTypingDocument, { roomId, typing: false })
  }
  return { tellTyping, tellDone }
}
