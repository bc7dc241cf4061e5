import { useConnection } from '@rostrum/client/react'
import { useEffect, useState } from 'react'
import { useSeat, useTokenProblem } from './session.ts'

const CALM_AFTER_MS = 8_000

/** The state of the connection, in a few calm words. */
export function ConnectionSign() {
  const connection = useConnection()
  const { session } = useSeat()
  const tokenProblem = useTokenProblem(session)
  const [wasLost, setWasLost] = useState(false)
  const { kind } = connection
  useEffect(() => {
    if (kind === 'reconnecting') setWasLost(true)
    if (kind !== 'connected') return
    const timer = setTimeout(() => setWasLost(false), CALM_AFTER_MS)
    return () => clearTimeout(timer)
  }, [kind])
  const said = words()
  return (
    <div id="connection" role="status" data-state={kind === 'connected' ? 'live' : 'away'} title={said}>
      {said}
    </div>
  )

  function words(): string {
    switch (connection.kind) {
      case 'idle':
      case 'connecting':
        return tokenProblem?.kind === 'waiting' ? `Signing in again… ${tokenProblem.message}` : 'Connecting…'
      case 'reconnecting':
        return tokenProblem?.kind === 'waiting'
          ? `Signing in again… ${tokenProblem.message}`
          : 'Reconnecting…'
      case 'closed':
        return 'Disconnected'
      case 'connected': {
        const { recovered } = connection
        if (!wasLost) return 'Live'
        if (recovered === 0) return 'Caught up, nothing missed'
        return `Caught up, ${recovered} ${recovered === 1 ? 'entry' : 'entries'} missed`
      }
    }
  }
}
