import { useState } from 'react'
import { isRefused } from '../command.ts'

/** What became of a command: `hear` takes its answer, and what to say where it was done. */
export function useAnswer(): readonly [
  words: string,
  hear: (answer: Promise<unknown>, done: string) => void,
] {
  const [words, setWords] = useState('')
  function hear(answer: Promise<unknown>, done: string): void {
    void answer.then((said) => setWords(isRefused(said) ? reasonOf(said) : done))
  }
  return [words, hear]
}

function reasonOf(said: unknown): string {
  return typeof said === 'object' && said !== null && 'reason' in said ? String(said.reason) : ''
}
