import type { MemberChange } from '@rostrum/client'
import { useConnection, useRoom } from '@rostrum/client/react'
import { createContext, useContext, useEffect, useState } from 'react'
import { isRefused, useCommand } from './command.ts'
import { JoinRoomDocument } from './gql/graphql.ts'
import { useIdentity } from './session.ts'

/** The room on the page, and what the viewer may do in it. */
export interface Here {
  /** The room's id once it is known. */
  readonly roomId: string
  /** Null for a visitor. */
  readonly myId: string | null
  readonly isMember: boolean
  /** Why the viewer may not write or bid here, such as after a removal; undefined if they may. */
  readonly barred: string | undefined
  readonly canModerate: boolean
  readonly isConnected: boolean
  /** The auction on the page: the page shows its changes, so notifications do not repeat them. */
  readonly shownAuction: string | null
  readonly onShown: (auctionId: string | null) => void
}

interface Joined {
  readonly roomId: string
  readonly role: string | null
  readonly barred?: string
}

const Context = createContext<Here | null>(null)
export const HereProvider = Context.Provider

export function useHere(): Here {
  const here = useContext(Context)
  if (here === null) throw new Error('This component must be inside <HereProvider>.')
  return here
}

const MODERATING: readonly string[] = ['OWNER', 'MODERATOR', 'ADMIN']

/** Joins the room if the viewer is signed in. */
export function useEntered(roomId: string): Here {
  const identity = useIdentity()
  const connection = useConnection()
  const room = useRoom(roomId)
  const command = useCommand()
  const [joined, setJoined] = useState<Joined>()
  const [shownAuction, onShown] = useState<string | null>(null)
  const isKnown = room.kind === 'live'
  // A role in another room does not count here.
  const here = joined?.roomId === roomId ? joined : undefined
  const change = isKnown && identity !== null ? room.state.changes.get(identity.id) : undefined
  const role = change?.isMember === false ? null : (change?.role ?? here?.role ?? null)

  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each room and person
  useEffect(() => {
    if (identity === null || !isKnown) return
    void command(JoinRoomDocument, { roomId }).then((answer) => {
      if (!isRefused(answer)) setJoined({ roomId, role: answer.membership?.role ?? null })
      else setJoined({ roomId, role: null, barred: answer.reason })
    })
  }, [identity?.id, roomId, isKnown])

  const roles = connection.kind === 'connected' ? (connection.user?.roles ?? []) : []
  return {
    // The address may name a built-in room by its bare name; the server's answers name it by its id.
    roomId: isKnown ? room.state.room.id : roomId,
    myId: identity?.id ?? null,
    // Direct rooms are visible to their two members only, and cannot be joined.
    barred: barredBy(change) ?? (change?.isMember === true ? undefined : here?.barred),
    isMember: role !== null || (identity !== null && isKnown && room.state.room.kind === 'DIRECT'),
    canModerate:
      identity?.isAuctioneer === true || [role ?? '', ...roles].some((each) => MODERATING.includes(each)),
    isConnected: connection.kind === 'connected',
    shownAuction,
    onShown,
  }
}

function barredBy(change: MemberChange | undefined): string | undefined {
  if (change?.isMember !== false) return undefined
  const { removedFor } = change
  if (removedFor === undefined) return 'You are no longer a member of this room.'
  return removedFor === ''
    ? 'You were removed from this room.'
    : `You were removed from this room: ${removedFor}`
}
