import { createContext, useContext } from 'react'
import type { RostrumClient } from '../client.ts'

const Context = createContext<RostrumClient | null>(null)

/** Gives `value`, a client, to all hooks below. */
export const RostrumProvider = Context.Provider

/** The client of the provider above. Throws where there is none. */
export function useRostrumClient(): RostrumClient {
  const client = useContext(Context)
  if (client === null) throw new Error('There is no <RostrumProvider value={client}> above this component.')
  return client
}
