import { useRef } from 'react'
import { useCommand } from '../command.ts'
import { SetTypingDocument } from '../gql/graphql.ts'
import { useHere } from '../here.ts'

/** It holds for ten seconds: it is said again while somebody goes on. */
const SAID_AGAIN_MS = 5_000

/** Tells the others that something is being written, and that it no longer is. */
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
