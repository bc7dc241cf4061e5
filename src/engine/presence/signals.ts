import type { Bus, Unsubscribe } from '../../pubsub/bus.ts'
import { asUserId, type UserId } from '../kernel/id.ts'
import { asScopeId, type ScopeId } from '../kernel/scope-id.ts'
import { asTopic } from '../kernel/topic.ts'
import type { PresenceState } from './roster.ts'

/**
 * What a node sends to the others about a scope: the state that a user chose, that a user stopped typing (SILENT), or,
 * without a user, that the scope has ended.
 */
export type Signal =
  | { readonly scope: ScopeId; readonly user: UserId; readonly kind: PresenceState | 'SILENT' }
  | { readonly scope: ScopeId; readonly user: null; readonly kind: 'ENDED' }

/** Sends signals to all other nodes. Signals are lost while the bus is unavailable. */
export interface Signals {
  publish(signal: Signal): void
  close(): void
}

const TOPIC = asTopic('presence')

/** `onSignal` receives the signals of other nodes. */
export function createSignals(bus: Bus, node: string, onSignal: (signal: Signal) => void): Signals {
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
      // The bus is unavailable: its recovery calls `listen` again.
    } finally {
      isListening = false
    }
  }

  // On the bus, `by` is the sending node and `says` the kind of the signal: nodes of other versions read it, too.
  function receive(message: string): void {
    const { by, scope: id, user, says: kind } = JSON.parse(message)
    if (by === node) return
    const scope = asScopeId(id)
    if (kind === 'ENDED') onSignal({ scope, user: null, kind })
    else onSignal({ scope, user: asUserId(user), kind })
  }

  void listen()
  const forgetRecovery = bus.onRecovered(() => void listen())
  return {
    publish({ scope, user, kind }) {
      bus.publish(TOPIC, JSON.stringify({ by: node, scope, user, says: kind })).catch(() => {})
    },
    close() {
      isClosed = true
      forgetRecovery()
      unsubscribe?.()
    },
  }
}
