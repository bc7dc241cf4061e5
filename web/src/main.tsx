import { RostrumProvider } from '@rostrum/client/react'
import { useEffect, useState } from 'react'
import { createRoot } from 'react-dom/client'
import { Provider } from 'urql'
import { App } from './app.tsx'
import { ErrorBoundary } from './error-boundary.tsx'
import { endSession, resumeSession, SeatProvider, type Session, useTokenProblem } from './session.ts'
import './style.css'

function Page() {
  const [session, setSession] = useState(resumeSession)
  function enter(next: Session): void {
    void session.rostrum.dispose()
    setSession(next)
  }
  const hasEnded = useTokenProblem(session)?.kind === 'ended'
  useEffect(() => {
    if (!hasEnded) return
    void session.rostrum.dispose()
    setSession(endSession(session))
  }, [hasEnded, session])
  return (
    <SeatProvider value={{ session, enter }}>
      <Provider value={session.urql}>
        <RostrumProvider value={session.rostrum}>
          {/* Remounts for another user, so that no state carries over. */}
          <ErrorBoundary key={session.identity?.id ?? 'visitor'}>
            <App />
          </ErrorBoundary>
        </RostrumProvider>
      </Provider>
    </SeatProvider>
  )
}

const root = document.getElementById('root')
if (root !== null) createRoot(root).render(<Page />)
