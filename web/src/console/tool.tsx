import type { ReactNode } from 'react'

interface Props {
  readonly id: string
  /** What the button says. */
  readonly act: string
  readonly isDisabled?: boolean
  readonly onAct: (form: FormData) => void
  /** What became of it; absent where that is said elsewhere. */
  readonly words?: string
  /** Its fields. */
  readonly children: ReactNode
}

/** One thing to do, with what it takes. */
export function Tool({ id, act, isDisabled = false, onAct, words, children }: Props) {
  return (
    <form
      className="tool"
      id={id}
      onSubmit={(event) => {
        event.preventDefault()
        onAct(new FormData(event.currentTarget))
      }}
    >
      {children}
      <button type="submit" disabled={isDisabled}>
        {act}
      </button>
      {words !== undefined && <output>{words}</output>}
    </form>
  )
}
