import type { Message, MessagesState } from '@rostrum/client'
import { useEffect, useRef, useState } from 'react'
import { useClient } from 'urql'
import { useCommand } from '../command.ts'
import { AdvanceReceiptDocument, ReadersDocument } from '../gql/graphql.ts'
import { useHere } from '../here.ts'

/** Minimum time between receipts, and between queries for them. */
const EVERY_MS = 1_000

/** Reports how far the viewer has read. */
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
  // biome-ignore lint/correctness/useExhaustiveDependencies: messages within a second are reported together
  useEffect(() => {
    if (!isUntold) return
    const timer = setTimeout(() => {
      setTold(latest.current)
      void command(AdvanceReceiptDocument, { roomId, readThrough: latest.current })
    }, EVERY_MS)
    return () => clearTimeout(timer)
  }, [isUntold])
}

/** How many have read `message`, in words; queried again when a receipt advances. */
export function useReaders(message: Message | undefined, marks: MessagesState['marks'] | undefined): string {
  const client = useClient()
  const [known, setKnown] = useState({ messageId: '', words: '' })
  const messageId = message?.id
  // biome-ignore lint/correctness/useExhaustiveDependencies: `marks` changes when a receipt advances
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
  /** Null in large rooms, where reads are not counted. */
  readonly readCount: number | null
  readonly deliveredCount: number | null
}

function wordsFor({ readCount, deliveredCount }: Counts): string {
  if (readCount !== null && readCount > 0) return `read by ${readCount}`
  if (deliveredCount !== null && deliveredCount > 0) return `reached ${deliveredCount}`
  return ''
}
