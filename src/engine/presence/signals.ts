import type { Bus, Unsubscribe } from '../../pubsub/bus.ts'
import { asUserId, type UserId } from '../kernel/id.ts'
import { asScopeId, type ScopeId } from '../kernel/scope-id.ts'
import { asTopic } from '../kernel/topic.ts'
import type { PresenceState } from './roster.ts'

/**
 * What one node tells the others of a room: the state that a user gave themselves, that a user stopped writing (SILENT), or,
 * of nobody, that the room has ended.
 */
export type Word =
  | { readonly scope: ScopeId; readonly user: UserId; readonly says: PresenceState | 'SILENT' }
  | { readonly scope: ScopeId; readonly user: null; readonly says: 'ENDED' }

/** Carries words to all other nodes, as far as the bus can be had. */
export interface Words {
  say(word: Word): void
  close(): void
}

const TOPIC = asTopic('presence')

/** `hear` gets what was said to other nodes. */
export function createWords(bus: Bus, node: string, hear: (word: Word) => void): Words {
  let unsubscribe: Unsubscribe | undefined
  let isListening = false
  let isClosed = false

  async function listen(): Promise<void> {
    if (unsubscribe !== undefined || isListening || isClosed) return
    isListening = true
    try {
      unsubscribe = await bus.subscribe(TOPIC, receive)
      if (isClosed) unsubscribe()
    } catch {
      // The bus is away: it is asked again when it is back.
    } finally {
      isListening = false
    }
  }

  function receive(message: string): void {
    const { by, scope: id, user, says } = JSON.parse(message)
    if (by === node) return
    const scope = asScopeId(id)
    if (says === 'ENDED') hear({ scope, user: null, says })
    else hear({ scope, user: asUserId(user), says })
  }

  void listen()
  const forgetRecovery = bus.onRecovered(() => void listen())
  return {
    say(word) {
      bus.publish(TOPIC, JSON.stringify({ by: node, ...word })).catch(() => {})
    },
    close() {
      isClosed = true
      forgetRecovery()
      unsubscribe?.()
    },
  }
}
