import type { Message, MessagesState } from '@rostrum/client'
import { useEffect, useRef, useState } from 'react'
import { useClient } from 'urql'
import { useCommand } from '../command.ts'
import { AdvanceReceiptDocument, ReadersDocument } from '../gql/graphql.ts'
import { useHere } from '../here.ts'

/** Receipts and questions for them, at most so often. */
const EVERY_MS = 1_000

/** Tells the server how far who is before this page has read. */
export function useReading(messages: readonly Message[]): void {
  const { roomId, isMember, isConnected } = useHere()
  const command = useCommand()
  const [told, setTold] = useState(0)
  const [isHidden, setIsHidden] = useState(document.hidden)
  useEffect(() => {
    const look = (): void => setIsHidden(document.hidden)
    document.addEventListener('visibilitychange', look)
    return () => document.removeEventListener('visibilitychange', look)
  }, [])
  const last = messages.at(-1)?.offset ?? 0
  const latest = useRef(last)
  latest.current = last
  const isUntold = isMember && isConnected && !isHidden && last > told
  // biome-ignore lint/correctness/useExhaustiveDependencies: what comes within a second is told at its end
  useEffect(() => {
    if (!isUntold) return
    const timer = setTimeout(() => {
      setTold(latest.current)
      void command(AdvanceReceiptDocument, { roomId, readThrough: latest.current })
    }, EVERY_MS)
    return () => clearTimeout(timer)
  }, [isUntold])
}

/** How many have read `message`, in words; asked again when somebody has got further. */
export function useReaders(message: Message | undefined, marks: MessagesState['marks'] | undefined): string {
  const client = useClient()
  const [known, setKnown] = useState({ messageId: '', words: '' })
  const messageId = message?.id
  // biome-ignore lint/correctness/useExhaustiveDependencies: `marks` is another map when somebody has got further
  useEffect(() => {
    if (messageId === undefined) return
    const timer = setTimeout(async () => {
      const answer = await client
        .query(ReadersDocument, { messageId }, { requestPolicy: 'network-only' })
        .toPromise()
      const node = answer.data?.node
      if (node?.__typename === 'Message') setKnown({ messageId, words: wordsFor(node) })
    }, EVERY_MS)
    return () => clearTimeout(timer)
  }, [messageId, marks])
  return known.messageId === messageId ? known.words : ''
}

interface Counts {
  /** Null where they are not counted: in large rooms. */
  readonly readCount: number | null
  readonly deliveredCount: number | null
}

function wordsFor({ readCount, deliveredCount }: Counts): string {
  if (readCount !== null && readCount > 0) return `read by ${readCount}`
  if (deliveredCount !== null && deliveredCount > 0) return `reached ${deliveredCount}`
  return ''
}
