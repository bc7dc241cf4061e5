import { createContext, useContext } from 'react'
import type { RostrumClient } from '../client.ts'

const Context = createContext<RostrumClient | null>(null)

/** Provides the client `value` to all hooks below. */
export const RostrumProvider = Context.Provider

/** The client of the nearest provider. Throws without a provider. */
export function useRostrumClient(): RostrumClient {
  const client = useContext(Context)
  if (client === null) throw new Error('This component must be inside <RostrumProvider value={client}>.')
  return client
}
