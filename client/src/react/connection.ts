import { useEffect, useState, useSyncExternalStore } from 'react'
import type { Connection } from '../connection.ts'
import { useRostrumClient } from './context.ts'

/** What becomes of the connection, for a sign that is calm: connecting, connected, reconnecting, closed. */
export function useConnection(): Connection {
  const { connection } = useRostrumClient()
  return useSyncExternalStore(connection.subscribe, connection.get, connection.get)
}

/** The server's time, in ms since the epoch, anew every `everyMs`. */
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

/** How long it is until `instant` by the server's clock, in milliseconds; 0 from then on. For countdowns. */
export function useRemaining(instant: string, everyMs = 250): number {
  return Math.max(0, Date.parse(instant) - useServerTime(everyMs))
}
