import { useConnection } from '@rostrum/client/react'
import { useEffect, useState } from 'react'

const CALM_AFTER_MS = 8_000

/** What becomes of the connection, in a few calm words. */
export function ConnectionSign() {
  const connection = useConnection()
  const [wasLost, setWasLost] = useState(false)
  const { kind } = connection
  useEffect(() => {
    if (kind === 'reconnecting') setWasLost(true)
    if (kind !== 'connected') return
    const timer = setTimeout(() => setWasLost(false), CALM_AFTER_MS)
    return () => clearTimeout(timer)
  }, [kind])
  return (
    <div id="connection" role="status" data-state={kind === 'connected' ? 'live' : 'away'}>
      {words()}
    </div>
  )

  function words(): string {
    switch (connection.kind) {
      case 'idle':
      case 'connecting':
        return 'Connecting…'
      case 'reconnecting':
        return 'Reconnecting…'
      case 'closed':
        return `Disconnected: ${connection.reason || connection.closeCode}. Reload to try again.`
      case 'connected': {
        const { recovered } = connection
        if (!wasLost) return 'Live'
        if (recovered === 0) return 'Caught up, nothing missed'
        return `Caught up, ${recovered} ${recovered === 1 ? 'entry' : 'entries'} missed`
      }
    }
  }
}
