import { createRostrumClient, type RostrumClient } from '@rostrum/client'
import { createRostrumExchange } from '@rostrum/client/urql'
import { createContext, type RefCallback, useContext, useEffect, useRef, useSyncExternalStore } from 'react'
import { Client } from 'urql'
import { newKey } from './key.ts'

/** The name that somebody chose. In a demo the server issues tokens to anybody. */
export interface Identity {
  readonly id: string
  readonly name: string
  /** May put up lots, strike the hammer, mute. */
  readonly isAuctioneer: boolean
}

/** Why a session has no token. */
export type TokenProblem =
  /** The server failed to issue one, and is asked again. */
  | { readonly kind: 'waiting'; readonly message: string }
  /** The server gives none to this user any more. */
  | { readonly kind: 'ended' }

/** One person's use of this page, with the connection that is theirs. */
export interface Session {
  /** Null for a visitor. */
  readonly identity: Identity | null
  readonly rostrum: RostrumClient
  /** Over the same connection. */
  readonly urql: Client
  readonly tokenProblem: Watched<TokenProblem | null>
  /** Set where the session before this one ended by itself. */
  readonly ended: Identity | null
  /** Whether it began with the sign-in form on this page: the form is gone, and with it the focus. */
  readonly isNew: boolean
}

/** A value that components can watch. */
interface Watched<Value> {
  readonly get: () => Value
  readonly set: (value: Value) => void
  readonly subscribe: (listener: () => void) => () => void
}

function watched<Value>(first: Value): Watched<Value> {
  const listeners = new Set<() => void>()
  let value = first
  return {
    get: () => value,
    set(next) {
      value = next
      for (const listener of listeners) listener()
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** The server gives no token to this user. */
class TokenRefused extends Error {}
/** The server answered with a failure. No answer at all means that the connection is down. */
class TokenFailed extends Error {}

const STORED = 'rostrum-identity'

/** Rejects with TokenRefused if the server refuses this user a token; with another error if it cannot be reached. */
async function fetchToken({ id, name, isAuctioneer }: Identity): Promise<string> {
  const claims = { sub: id, name, roles: isAuctioneer ? ['moderator'] : [] }
  const answer = await fetch('/dev/token', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(claims),
  })
  if (answer.status >= 500) throw new TokenFailed(`The server answered ${answer.status}.`)
  if (!answer.ok) throw new TokenRefused('This server issues no tokens for the demo.')
  const { token }: { readonly token: string } = await answer.json()
  return token
}

/** Whether this server issues tokens to anybody who asks. */
export async function canSignIn(): Promise<boolean> {
  const answer = await fetch('/dev/token', { method: 'OPTIONS' }).catch(() => null)
  return answer?.ok === true
}

function readIdentity(): Identity | null {
  try {
    return JSON.parse(sessionStorage.getItem(STORED) ?? 'null')
  } catch {
    return null
  }
}

function openSession(
  identity: Identity | null,
  { ended = null, isNew = false }: Partial<Pick<Session, 'ended' | 'isNew'>> = {},
): Session {
  const tokenProblem = watched<TokenProblem | null>(null)
  async function token(asked: Identity): Promise<string | null> {
    try {
      const issued = await fetchToken(asked)
      tokenProblem.set(null)
      return issued
    } catch (error) {
      if (error instanceof TokenRefused) {
        tokenProblem.set({ kind: 'ended' })
        return null
      }
      tokenProblem.set(error instanceof TokenFailed ? { kind: 'waiting', message: error.message } : null)
      throw error
    }
  }
  const rostrum = createRostrumClient({
    url: location.origin,
    token: identity === null ? null : () => token(identity),
  })
  const urql = new Client({
    url: '/graphql',
    preferGetMethod: false,
    exchanges: [createRostrumExchange(rostrum)],
  })
  return { identity, rostrum, urql, tokenProblem, ended, isNew }
}

/** The session of the identity that signed in in this tab; a visitor's without one. */
export function resumeSession(): Session {
  return openSession(readIdentity())
}

/** Rejects, with a message for people, where the server issues no token. */
export async function signIn(name: string, isAuctioneer: boolean): Promise<Session> {
  const identity: Identity = { id: `guest-${newKey()}`, name, isAuctioneer }
  await fetchToken(identity)
  sessionStorage.setItem(STORED, JSON.stringify(identity))
  return openSession(identity, { isNew: true })
}

export function signOut(): Session {
  sessionStorage.removeItem(STORED)
  return openSession(null)
}

/** The visitor's session that takes the place of one that ended by itself. */
export function endSession({ identity }: Session): Session {
  sessionStorage.removeItem(STORED)
  return openSession(null, { ended: identity })
}

interface Seat {
  readonly session: Session
  /** Replaces the current session, which ends. */
  readonly enter: (session: Session) => void
}

const Context = createContext<Seat | null>(null)
export const SeatProvider = Context.Provider

export function useSeat(): Seat {
  const seat = useContext(Context)
  if (seat === null) throw new Error('This component must be inside <SeatProvider>.')
  return seat
}

/** Moves the focus to an element once it `isReady`, if it was lost with the sign-in form. */
export function useFocusAfterSignIn(isReady: boolean): RefCallback<HTMLElement> {
  const { isNew } = useSeat().session
  const element = useRef<HTMLElement>(null)
  useEffect(() => {
    if (isNew && isReady && document.activeElement === document.body) {
      element.current?.focus({ preventScroll: true })
    }
  }, [isNew, isReady])
  return (found) => {
    element.current = found
  }
}

export function useTokenProblem({ tokenProblem }: Session): TokenProblem | null {
  return useSyncExternalStore(tokenProblem.subscribe, tokenProblem.get)
}

export function useIdentity(): Identity | null {
  return useSeat().session.identity
}
