import { useConnection, useRoom } from '@rostrum/client/react'
import { createContext, useContext, useEffect, useState } from 'react'
import { isRefused, useCommand } from './command.ts'
import { JoinRoomDocument } from './gql/graphql.ts'
import { useIdentity } from './session.ts'

/** The room that is shown, and what who is before the page may do in it. */
export interface Here {
  /** The room's id once it is known. */
  readonly roomId: string
  /** Null for a visitor. */
  readonly myId: string | null
  readonly isMember: boolean
  readonly canModerate: boolean
  readonly isConnected: boolean
  /** The auction that is before the eyes: what becomes of it need not be told twice. */
  readonly shownAuction: string | null
  readonly onShown: (auctionId: string | null) => void
}

const Context = createContext<Here | null>(null)
export const HereProvider = Context.Provider

export function useHere(): Here {
  const here = useContext(Context)
  if (here === null) throw new Error('There is no <HereProvider> above this component.')
  return here
}

const MODERATING: readonly string[] = ['OWNER', 'MODERATOR', 'ADMIN']

/** Joins the room where somebody is signed in. */
export function useEntered(roomId: string): Here {
  const identity = useIdentity()
  const connection = useConnection()
  const room = useRoom(roomId)
  const command = useCommand()
  const [joined, setJoined] = useState<{ readonly roomId: string; readonly role: string | null }>()
  const [shownAuction, onShown] = useState<string | null>(null)
  const isKnown = room.kind === 'live'
  // What one is in another room is nothing here.
  const role = joined?.roomId === roomId ? joined.role : null

  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each room and person
  useEffect(() => {
    if (identity === null || !isKnown) return
    void command(JoinRoomDocument, { roomId }).then((answer) => {
      if (!isRefused(answer)) setJoined({ roomId, role: answer.membership?.role ?? null })
    })
  }, [identity?.id, roomId, isKnown])

  const roles = connection.kind === 'connected' ? (connection.user?.roles ?? []) : []
  return {
    // The address may name a built-in room by its bare name; the server's answers name it by its id.
    roomId: isKnown ? room.state.room.id : roomId,
    myId: identity?.id ?? null,
    // A direct room is seen by its two members alone, and joined by nobody.
    isMember: role !== null || (identity !== null && isKnown && room.state.room.kind === 'DIRECT'),
    canModerate:
      identity?.isAuctioneer === true || [role ?? '', ...roles].some((each) => MODERATING.includes(each)),
    isConnected: connection.kind === 'connected',
    shownAuction,
    onShown,
  }
}
