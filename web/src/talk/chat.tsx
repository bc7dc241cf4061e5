import type { Message } from '@rostrum/client'
import { useMessages, useTyping } from '@rostrum/client/react'
import { type FormEvent, memo, useEffect, useLayoutEffect, useRef, useState } from 'react'
import { useAsk } from '../ask.ts'
import { isRefused, useCommand } from '../command.ts'
import { MessagesDocument, SendMessageDocument } from '../gql/graphql.ts'
import { useHere } from '../here.ts'
import { newKey } from '../key.ts'
import { LoadMore } from '../load-more.tsx'
import { type Held, type Older, useOlder } from '../older.ts'
import { ScrollArea } from '../scroll-area.tsx'
import { timeOf } from '../time.ts'
import { People } from './people.tsx'
import { useReaders, useReading } from './receipts.ts'
import { useTellTyping } from './typing.ts'

/** Distance from the end within which the list follows new messages. */
const NEAR_END_PX = 40

export function Chat() {
  const { roomId, myId, isMember, barred } = useHere()
  const live = useMessages(roomId)
  const { messages, changed, snapshot, marks } = live.kind === 'live' ? live.state : NONE
  const history = useHistory(roomId, { items: messages, changed, snapshot })
  const area = useScrolling(history.items)
  useReading(messages)
  const lastOfMine = messages.findLast(({ author }) => author.id === myId)
  const readers = useReaders(lastOfMine, marks)
  return (
    <section id="talk" aria-labelledby="talk-title">
      <h2 id="talk-title">Talk</h2>
      <People />
      <ScrollArea labelledBy="talk-title" role="log" {...area}>
        <LoadMore older={history}>Load earlier messages</LoadMore>
        <ol id="chat">
          {history.items.map((message) => (
            <Line
              key={message.id}
              message={message}
              isMine={message.author.id === myId}
              note={message === lastOfMine ? readers : ''}
            />
          ))}
        </ol>
      </ScrollArea>
      <TypingLine />
      <MessageForm isDisabled={!isMember} barred={barred} />
    </section>
  )
}

const NONE = { messages: [], changed: new Map<string, Message>(), snapshot: '', marks: undefined }
/** Number of messages in a snapshot. */
const FIRST_MESSAGES = 50

function useHistory(roomId: string, held: Held<Message>): Older<Message> {
  const ask = useAsk()
  return useOlder(
    held,
    held.items.length >= FIRST_MESSAGES,
    async (before) => {
      const { room } = await ask(MessagesDocument, { roomId, before })
      const page = room?.messages
      const { hasPreviousPage = false, startCursor = null } = page?.pageInfo ?? {}
      return {
        items: page?.edges.map(({ node }) => node) ?? [],
        cursor: hasPreviousPage ? startCursor : null,
      }
    },
    (one, other) => one.offset - other.offset,
  )
}

/** Keeps the list at its end while messages arrive and the card grows, and at the current message while earlier ones load. */
function useScrolling(messages: readonly Message[]) {
  const ref = useRef<HTMLElement>(null)
  const isAtEnd = useRef(true)
  const fromEnd = useRef(0)
  const [first, last] = [messages[0], messages.at(-1)]
  // biome-ignore lint/correctness/useExhaustiveDependencies: when earlier messages were put before the others
  useLayoutEffect(() => {
    const { current } = ref
    if (current !== null && !isAtEnd.current) current.scrollTop = current.scrollHeight - fromEnd.current
  }, [first?.id])
  // biome-ignore lint/correctness/useExhaustiveDependencies: when another message came
  useLayoutEffect(() => {
    const { current } = ref
    if (current !== null && isAtEnd.current) current.scrollTop = current.scrollHeight
  }, [last])
  useEffect(() => {
    const { current } = ref
    if (current === null) return
    const observer = new ResizeObserver(() => {
      if (isAtEnd.current) current.scrollTop = current.scrollHeight
    })
    observer.observe(current)
    return () => observer.disconnect()
  }, [])
  function onScroll({ scrollHeight, scrollTop, clientHeight }: HTMLElement): void {
    isAtEnd.current = scrollHeight - scrollTop - clientHeight < NEAR_END_PX
    fromEnd.current = scrollHeight - scrollTop
  }
  return { ref, onScroll }
}

interface LineProps {
  readonly message: Message
  readonly isMine: boolean
  readonly note: string
}

const Line = memo(function Line({ message: { author, body, editedAt, sentAt }, isMine, note }: LineProps) {
  return (
    <li className={isMine ? 'mine' : ''} title={timeOf(sentAt)}>
      <b>
        <bdi>{author.name}</bdi>
      </b>
      {body === null ? <i>deleted</i> : <bdi>{body}</bdi>}
      {editedAt !== null && <span className="soft"> (edited)</span>}
      {note !== '' && <span className="soft note-of-line"> {note}</span>}
    </li>
  )
})

function TypingLine() {
  const { roomId, myId } = useHere()
  const live = useTyping(roomId)
  const users = live.kind === 'live' ? live.state.filter(({ id }) => id !== myId) : []
  const names = users.map(({ name }) => name)
  const said =
    names.length === 0
      ? ''
      : names.length === 1
        ? `${names[0]} is writing…`
        : `${names.join(', ')} are writing…`
  return (
    <p className="line soft" id="typing">
      {said}
    </p>
  )
}

interface FormProps {
  readonly isDisabled: boolean
  /** Why the viewer may not write. */
  readonly barred: string | undefined
}

function MessageForm({ isDisabled, barred }: FormProps) {
  const { roomId, myId, isConnected } = useHere()
  const command = useCommand()
  const { tellTyping, tellDone } = useTellTyping()
  const field = useRef<HTMLInputElement>(null)
  const [problem, setProblem] = useState('')

  async function send(event: FormEvent): Promise<void> {
    event.preventDefault()
    const { current } = field
    const body = current?.value.trim() ?? ''
    if (current === null || body === '') return
    current.value = ''
    tellDone()
    setProblem(isConnected ? '' : `Waiting for the connection to send: ${body}`)
    const answer = await command(SendMessageDocument, { input: { roomId, clientMessageId: newKey(), body } })
    setProblem(isRefused(answer) ? answer.reason : '')
    // Keep what was not sent, to try again.
    if (isRefused(answer) && current.value === '') current.value = body
  }
  return (
    <form id="message-form" onSubmit={(event) => void send(event)}>
      <label className="field">
        <span className="unseen">Message</span>
        <input
          id="message"
          ref={field}
          maxLength={500}
          autoComplete="off"
          required
          disabled={isDisabled}
          placeholder={
            myId === null ? 'sign in to talk' : barred !== undefined ? 'closed for you' : 'say something'
          }
          onInput={(event) => tellTyping(event.currentTarget.value !== '')}
        />
      </label>
      <button id="send" type="submit" disabled={isDisabled}>
        Send
      </button>
      <p className="line soft" id="message-answer" role="status" title={barred ?? problem}>
        {barred ?? problem}
      </p>
    </form>
  )
}
