import { setTimeout as pause } from 'node:timers/promises'
import type { Revocations } from '../../platform/auth/revocations.ts'
import type { Viewer } from '../../platform/auth/viewer.ts'
import type { Connections, NoPlace } from '../../platform/limits/connections.ts'
import { Session, type SessionHost } from './session.ts'
import type { Ending, Transport } from './transport.ts'

export interface SessionsOptions extends Omit<SessionHost, 'forget'> {
  readonly connections: Connections
  readonly revocations: Revocations
}

/** Why no session was opened. */
export type NoSession = NoPlace | 'draining'

/** The open sessions of a node. */
export interface Sessions {
  /** Opens a session for a client that has not authenticated yet: `Session.signIn` follows. */
  open(transport: Transport, address: string): Session | NoSession
  /** Opens a session for a client whose token has been verified, or who has none. */
  openAs(viewer: Viewer | null, transport: Transport, address: string): Session | NoSession
  readonly isDraining: boolean
  /** Ends all sessions, because the state that they were served may no longer hold. */
  restart(reason: string): void
  /**
   * Opens no further sessions and ends the open ones in batches over at most a third of `withinMs`, each once its running
   * operations have finished. Resolves when all have ended.
   */
  drain(withinMs: number): Promise<void>
}

const REVOKED: Ending = { kind: 'revoked', reason: 'The user was revoked' }
const EVICTED: Ending = {
  kind: 'too-many-connections',
  reason: 'Too many connections of visitors: sign in, or retry later',
}
const DRAINING: Ending = { kind: 'restart', reason: 'Draining' }
const DRAIN_BATCHES = 20
const DRAIN_PAUSE_MS = 100

export function createSessions(options: SessionsOptions): Sessions {
  const { connections, revocations } = options
  const sessions = new Set<Session>()
  const host: SessionHost = { ...options, forget: (session) => void sessions.delete(session) }
  let isDraining = false

  const forgetRevocations = revocations.onRevoked((userId) => {
    for (const session of sessions) {
      const { viewer } = session
      if (viewer?.user.id === userId && revocations.isRevoked(viewer)) session.end(REVOKED)
    }
  })

  async function drainInBatches(withinMs: number): Promise<void> {
    const leaving = [...sessions]
    const size = Math.ceil(leaving.length / DRAIN_BATCHES)
    const ended: Promise<void>[] = []
    for (let at = 0; at < leaving.length; at += size) {
      for (const session of leaving.slice(at, at + size)) ended.push(session.finish(DRAINING))
      // In batches, so that clients do not all arrive at the next node at once.
      if (at + size < leaving.length) await pause(Math.min(withinMs / 3 / DRAIN_BATCHES, DRAIN_PAUSE_MS))
    }
    await Promise.all(ended)
  }

  return {
    open(transport, address) {
      if (isDraining) return 'draining'
      let session: Session | undefined
      const place = connections.enterUnknown(address, () => session?.end(EVICTED))
      if (typeof place === 'string') return place
      session = new Session(host, transport, place, address)
      sessions.add(session)
      return session
    },

    openAs(viewer, transport, address) {
      if (isDraining) return 'draining'
      const place = viewer === null ? connections.enterVisitor(address) : connections.enterSignedIn(address)
      if (typeof place === 'string') return place
      const session = new Session(host, transport, place, address)
      sessions.add(session)
      session.begin(viewer)
      return session
    },

    get isDraining() {
      return isDraining
    },

    restart(reason) {
      for (const session of [...sessions]) session.end({ kind: 'restart', reason })
    },

    async drain(withinMs) {
      isDraining = true
      await drainInBatches(withinMs)
      forgetRevocations()
    },
  }
}
