import { useSyncExternalStore } from 'react'
import type { RostrumClient } from '../client.ts'
import type { Observable } from '../observable.ts'
import { createLive, type Live, type LiveDefinition } from '../state/live.ts'
import { useRostrumClient } from './context.ts'

/** The live states of one kind, by client and id. */
export type SharedLive<State, Id extends string = string> = (
  client: RostrumClient,
  id: Id,
) => Observable<Live<State>>

/** Creates one live state per client and id: components that show the same id share one subscription. */
export function shareLive<State, Result, Variables, Id extends string = string>(
  define: (id: Id) => LiveDefinition<State, Result, Variables>,
): SharedLive<State, Id> {
  const shared = new WeakMap<RostrumClient, Map<Id, Observable<Live<State>>>>()
  return (client, id) => {
    const known = shared.get(client) ?? new Map<Id, Observable<Live<State>>>()
    const live = known.get(id) ?? createLive(client, define(id))
    shared.set(client, known.set(id, live))
    return live
  }
}

export function useLive<State, Id extends string>(share: SharedLive<State, Id>, id: Id): Live<State> {
  const live = share(useRostrumClient(), id)
  return useSyncExternalStore(live.subscribe, live.get, live.get)
}
