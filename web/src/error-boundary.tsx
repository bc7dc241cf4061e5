import { Component, type ReactNode } from 'react'

interface Props {
  readonly children?: ReactNode
}

interface State {
  readonly hasFailed: boolean
}

/** Shows an explanation and a reload button if rendering throws; React would leave the page blank. */
export class ErrorBoundary extends Component<Props, State> {
  override state: State = { hasFailed: false }

  static getDerivedStateFromError(): State {
    return { hasFailed: true }
  }

  override render(): ReactNode {
    return this.state.hasFailed ? <Failure /> : this.props.children
  }
}

function Failure() {
  return (
    <main className="failure" role="alert">
      <p>The page failed to show this room. Your bids and messages are safe; reload to see them.</p>
      <button type="button" className="main" onClick={() => window.location.reload()}>
        Reload
      </button>
    </main>
  )
}
