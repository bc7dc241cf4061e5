import { useState } from 'react'
import { isRefused } from '../command.ts'

export interface CommandAnswer {
  /** What to say about the last command. */
  readonly words: string
  /** Shows the answer of a command: `done` if it succeeded, else the reason. Resolves to whether it succeeded. */
  readonly hear: (answer: Promise<unknown>, done: string) => Promise<boolean>
}

export function useAnswer(): CommandAnswer {
  const [words, setWords] = useState('')
  async function hear(answer: Promise<unknown>, done: string): Promise<boolean> {
    setWords('…')
    const said = await answer
    setWords(isRefused(said) ? reasonOf(said) : done)
    return !isRefused(said)
  }
  return { words, hear }
}

function reasonOf(said: unknown): string {
  return typeof said === 'object' && said !== null && 'reason' in said ? String(said.reason) : ''
}
