import type { Message } from '@rostrum/client'
import { useMessages, useTyping } from '@rostrum/client/react'
import { type FormEvent, memo, useLayoutEffect, useRef, useState } from 'react'
import { isRefused, useCommand } from '../command.ts'
import { SendMessageDocument } from '../gql/graphql.ts'
import { useHere } from '../here.ts'
import { newKey } from '../key.ts'
import { ScrollArea } from '../scroll-area.tsx'
import { timeOf } from '../time.ts'
import { People } from './people.tsx'
import { useReaders, useReading } from './receipts.ts'
import { useTellTyping } from './typing.ts'

/** Within so many pixels of its end, what is new is scrolled to. */
const NEAR_END_PX = 40

export function Chat() {
  const { roomId, myId, isMember } = useHere()
  const live = useMessages(roomId)
  const { messages, marks } = live.kind === 'live' ? live.state : { messages: [], marks: undefined }
  const area = useRef<HTMLElement>(null)
  const wasAtEnd = useRef(true)
  const last = messages.at(-1)
  useLayoutEffect(() => {
    const { current } = area
    if (current !== null && wasAtEnd.current && last !== undefined) current.scrollTop = current.scrollHeight
  }, [last])
  useReading(messages)
  const lastOfMine = messages.findLast(({ author }) => author.id === myId)
  const readers = useReaders(lastOfMine, marks)
  return (
    <section id="talk" aria-labelledby="talk-title">
      <h2 id="talk-title">Talk</h2>
      <People />
      <ScrollArea
        labelledBy="talk-title"
        role="log"
        ref={area}
        onScroll={({ scrollHeight, scrollTop, clientHeight }) => {
          wasAtEnd.current = scrollHeight - scrollTop - clientHeight < NEAR_END_PX
        }}
      >
        <ol id="chat">
          {messages.map((message) => (
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
      <MessageForm isDisabled={!isMember} />
    </section>
  )
}

interface LineProps {
  readonly message: Message
  readonly isMine: boolean
  readonly note: string
}

const Line = memo(function Line({ message: { author, body, editedAt, sentAt }, isMine, note }: LineProps) {
  return (
    <li className={isMine ? 'mine' : ''} title={timeOf(sentAt)}>
      <b>{author.name}</b>
      {body ?? <i>deleted</i>}
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

function MessageForm({ isDisabled }: { readonly isDisabled: boolean }) {
  const { roomId, myId } = useHere()
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
    const answer = await command(SendMessageDocument, { input: { roomId, clientMessageId: newKey(), body } })
    setProblem(isRefused(answer) ? answer.reason : '')
    // What was not sent stays to be tried again.
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
          placeholder={myId === null ? 'sign in to talk' : 'say something'}
          onInput={(event) => tellTyping(event.currentTarget.value !== '')}
        />
      </label>
      <button id="send" type="submit" disabled={isDisabled}>
        Send
      </button>
      <p className="line soft" id="message-answer" role="status">
        {problem}
      </p>
    </form>
  )
}
