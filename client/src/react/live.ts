import { useSyncExternalStore } from 'react'
import type { RostrumClient } from '../client.ts'
import type { Observable } from '../observable.ts'
import { createLive, type Live, type LiveDefinition } from '../state/live.ts'
import { useRostrumClient } from './context.ts'

/** The live states of one kind, by client and id. */
export type SharedLive<State> = (client: RostrumClient, id: string) => Observable<Live<State>>

/** Creates one live state per client and id: components that show the same id share one subscription. */
export function shareLive<State, Result, Variables>(
  define: (id: string) => LiveDefinition<State, Result, Variables>,
): SharedLive<State> {
  const shared = new WeakMap<RostrumClient, Map<string, Observable<Live<State>>>>()
  return (client, id) => {
    const known = shared.get(client) ?? new Map<string, Observable<Live<State>>>()
    const live = known.get(id) ?? createLive(client, define(id))
    shared.set(client, known.set(id, live))
    return live
  }
}

export function useLive<State>(share: SharedLive<State>, id: string): Live<State> {
  const live = share(useRostrumClient(), id)
  return useSyncExternalStore(live.subscribe, live.get, live.get)
}
