import type { ReactNode, Ref } from 'react'

interface Props {
  /** Of the heading that names it. */
  readonly labelledBy: string
  readonly children: ReactNode
  /** Where what is new is to be read out. */
  readonly role?: 'log'
  readonly ref?: Ref<HTMLElement>
  readonly onScroll?: (area: HTMLElement) => void
}

/** What is longer than its place. */
export function ScrollArea({ labelledBy, children, role, ref, onScroll }: Props) {
  return (
    <section
      className="scroll"
      tabIndex={0}
      role={role}
      aria-labelledby={labelledBy}
      ref={ref}
      onScroll={(event) => onScroll?.(event.currentTarget)}
    >
      {children}
    </section>
  )
}
