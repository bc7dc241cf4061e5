import { type ReactNode, useState } from 'react'

interface Props {
  readonly id: string
  /** Label of the button. */
  readonly act: string
  readonly isDisabled?: boolean
  /** Resolves to whether it succeeded; the fields are reset if so. */
  readonly onAct: (form: FormData) => Promise<boolean>
  /** The answer; omit if it is shown elsewhere. */
  readonly words?: string
  /** The fields. */
  readonly children: ReactNode
}

/** A form for one action. Ignores further clicks while the action runs. */
export function Tool({ id, act, isDisabled = false, onAct, words, children }: Props) {
  const [isBusy, setIsBusy] = useState(false)
  async function run(form: HTMLFormElement): Promise<void> {
    setIsBusy(true)
    const isDone = await onAct(new FormData(form))
    setIsBusy(false)
    if (isDone) form.reset()
  }
  return (
    <form
      className="tool"
      id={id}
      onSubmit={(event) => {
        event.preventDefault()
        if (!isBusy) void run(event.currentTarget)
      }}
    >
      {children}
      <button type="submit" disabled={isDisabled} aria-disabled={isBusy}>
        {act}
      </button>
      {words !== undefined && <output>{words}</output>}
    </form>
  )
}
