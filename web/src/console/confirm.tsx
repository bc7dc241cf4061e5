import { type ReactNode, useEffect, useRef } from 'react'

interface Props {
  readonly title: string
  /** Label of the button that does it. */
  readonly act: string
  readonly onConfirm: (form: FormData) => void
  readonly onClose: () => void
  /** What will happen, and fields. */
  readonly children: ReactNode
}

/** Asks before an action that cannot be undone. Open while it is rendered. */
export function Confirm({ title, act, onConfirm, onClose, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    dialog.current?.showModal()
  }, [])
  return (
    <dialog id="confirm" ref={dialog} aria-labelledby="confirm-title" onClose={onClose}>
      <h2 id="confirm-title">{title}</h2>
      <form
        method="dialog"
        onSubmit={(event) => {
          const { submitter } = event.nativeEvent as SubmitEvent
          if (submitter?.id === 'confirm-act') onConfirm(new FormData(event.currentTarget))
        }}
      >
        <div className="confirm-body">{children}</div>
        <button type="submit" formNoValidate>
          Back
        </button>
        <button type="submit" id="confirm-act" className="main">
          {act}
        </button>
      </form>
    </dialog>
  )
}
