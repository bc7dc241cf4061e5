import type { ReactNode, Ref } from 'react'

interface Props {
  /** Id of the heading that names it. */
  readonly labelledBy: string
  readonly children: ReactNode
  /** `log` where screen readers announce new lines. */
  readonly role?: 'group' | 'log'
  readonly ref?: Ref<HTMLElement>
  readonly onScroll?: (area: HTMLElement) => void
}

/** A list that scrolls within its card. Not a landmark: the section around it is one by the same name. */
export function ScrollArea({ labelledBy, children, role = 'group', ref, onScroll }: Props) {
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
