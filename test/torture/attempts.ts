import { type Command, type RawAnswer, readAnswer } from './commands.ts'
import type { Attempted } from './records.ts'

/** One request, its outcome, and its duration. */
export interface Attempt {
  readonly kind: 'accepted' | 'rejected' | 'failed' | 'unanswered'
  /** The code of a rejection or an error; the HTTP status if the response is not GraphQL. */
  readonly code?: string
  readonly retryAfterMs?: number
  readonly tookMs: number
  /** For the checker. */
  readonly attempted: Attempted
}

interface Coded {
  readonly code?: string
  readonly retryAfterMs?: number | null
}

/** A GraphQL result of a command. */
export interface Body {
  readonly data?: { readonly answer?: RawAnswer | null } | null
  readonly errors?: readonly { readonly message: string; readonly extensions?: Coded }[]
}

/** Sends a command once to the node at `url`, with a timeout. Never rejects. */
export async function attempt(url: string, command: Command, withinMs: number): Promise<Attempt> {
  const beganMs = Date.now()
  const answer = await answerOf(url, command, withinMs).catch(() => UNANSWERED)
  return attemptOf(command, answer, beganMs)
}

/** A fresh answer. */
export function attemptOf({ key, topic, effect }: Command, answer: Answer, beganMs: number): Attempt {
  const endedMs = Date.now()
  const read = answer.raw === undefined ? undefined : readAnswer(topic, answer.raw)
  const attempted = { key, topic, effect, attempts: 1, answers: read === undefined ? [] : [read] }
  const { raw: _, ...shown } = answer
  return { ...shown, tookMs: endedMs - beganMs, attempted: { ...attempted, beganMs, endedMs } }
}

export type Answer = Omit<Attempt, 'tookMs' | 'attempted'> & { readonly raw?: RawAnswer }

export const UNANSWERED: Answer = { kind: 'unanswered' }

async function answerOf(url: string, { query, input, token }: Command, withinMs: number): Promise<Answer> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables: { input } }),
    signal: AbortSignal.timeout(withinMs),
  })
  const text = await response.text()
  if (!text.startsWith('{')) return { kind: 'failed', code: `HTTP ${response.status}` }
  return answerIn(JSON.parse(text) as Body)
}

export function answerIn({ data, errors }: Body): Answer {
  const [error] = errors ?? []
  if (error !== undefined) return { kind: 'failed', ...codesOf(error.extensions, error.message) }
  const raw = data?.answer ?? undefined
  if (raw === undefined) return { kind: 'failed', code: 'no answer' }
  if (raw.code === undefined) return { kind: 'accepted', raw }
  // An overload rejection does not reveal whether the command took effect: the key may be reused.
  if (raw.code === 'OVERLOADED') return { kind: 'failed', ...codesOf(raw, 'OVERLOADED') }
  return { kind: 'rejected', code: raw.code, raw }
}

function codesOf({ code, retryAfterMs }: Coded = {}, otherwise = ''): Pick<Attempt, 'code' | 'retryAfterMs'> {
  return { code: code ?? otherwise, ...(typeof retryAfterMs === 'number' ? { retryAfterMs } : {}) }
}

/** The number of occurrences of each code, most frequent first. */
export function countCodes(attempts: readonly Attempt[]): string {
  const names = attempts.map(({ kind, code }) => (code === undefined ? kind : `${kind} ${code}`))
  const counts = [...Map.groupBy(names, (name) => name)].map(([name, all]) => ({ name, count: all.length }))
  return counts
    .sort((one, other) => other.count - one.count)
    .map(({ name, count }) => `${name} ${count}`)
    .join(', ')
}
