import { createRostrumClient, type RostrumClient } from '@rostrum/client'
import { createRostrumExchange } from '@rostrum/client/urql'
import { createContext, useContext } from 'react'
import { Client } from 'urql'
import { newKey } from './key.ts'

/** Who somebody said to be. The server issues tokens to anybody in a demo. */
export interface Identity {
  readonly id: string
  readonly name: string
  /** May put up lots, strike the hammer, mute. */
  readonly isAuctioneer: boolean
}

/** One person before this page, with the connection that is theirs. */
export interface Session {
  /** Null for a visitor. */
  readonly identity: Identity | null
  readonly rostrum: RostrumClient
  /** Over the same connection. */
  readonly urql: Client
}

const STORED = 'rostrum-identity'

/** Answers a token; null where the server issues none. Rejects where it could not be asked. */
async function fetchToken({ id, name, isAuctioneer }: Identity): Promise<string | null> {
  const claims = { sub: id, name, roles: isAuctioneer ? ['moderator'] : [] }
  const answer = await fetch('/dev/token', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(claims),
  })
  if (answer.status >= 500) throw new Error(`The server answered ${answer.status}.`)
  if (!answer.ok) return null
  const { token }: { readonly token: string } = await answer.json()
  return token
}

/** Whether this server issues tokens to who asks. */
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

function openSession(identity: Identity | null): Session {
  const rostrum = createRostrumClient({
    url: location.origin,
    token: identity === null ? null : () => fetchToken(identity),
  })
  const urql = new Client({
    url: '/graphql',
    preferGetMethod: false,
    exchanges: [createRostrumExchange(rostrum)],
  })
  return { identity, rostrum, urql }
}

/** Whoever was signed in in this tab still is. */
export function resumeSession(): Session {
  return openSession(readIdentity())
}

/** Answers a session of one's own. Rejects, with a message for people, where the server issues no token. */
export async function signIn(name: string, isAuctioneer: boolean): Promise<Session> {
  const identity: Identity = { id: `guest-${newKey()}`, name, isAuctioneer }
  const token = await fetchToken(identity)
  if (token === null) throw new Error('This server issues no tokens for the demo.')
  sessionStorage.setItem(STORED, JSON.stringify(identity))
  return openSession(identity)
}

export function signOut(): Session {
  sessionStorage.removeItem(STORED)
  return openSession(null)
}

interface Seat {
  readonly session: Session
  /** Takes the place of the session that there is, and ends that one. */
  readonly enter: (session: Session) => void
}

const Context = createContext<Seat | null>(null)
export const SeatProvider = Context.Provider

export function useSeat(): Seat {
  const seat = useContext(Context)
  if (seat === null) throw new Error('There is no <SeatProvider> above this component.')
  return seat
}

export function useIdentity(): Identity | null {
  return useSeat().session.identity
}
