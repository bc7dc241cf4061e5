import { useEffect, useState, useSyncExternalStore } from 'react'
import type { Connection } from '../connection.ts'
import { useRostrumClient } from './context.ts'

/** The state of the connection, for a status indicator: connecting, connected, reconnecting, closed. */
export function useConnection(): Connection {
  const { connection } = useRostrumClient()
  return useSyncExternalStore(connection.subscribe, connection.get, connection.get)
}

/** The server's time in ms since the epoch, updated every `everyMs`. */
export function useServerTime(everyMs: number): number {
  const { clock } = useRostrumClient()
  const [now, setNow] = useState(() => clock.now())
  useEffect(() => {
    setNow(clock.now())
    const timer = setInterval(() => setNow(clock.now()), everyMs)
    return () => clearInterval(timer)
  }, [clock, everyMs])
  return now
}

/** Milliseconds until `instant` by the server's clock; 0 after it. For countdowns. */
export function useRemaining(instant: string, everyMs = 250): number {
  return Math.max(0, Date.parse(instant) - useServerTime(everyMs))
}
