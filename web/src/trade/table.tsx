import { useId } from 'react'
import { ScrollArea } from '../scroll-area.tsx'

export interface Row {
  readonly key: string
  readonly cells: readonly string[]
  /** Tooltip of the last cell. */
  readonly hint?: string | null
}

interface Props {
  readonly id: string
  readonly title: string
  readonly columns: readonly string[]
  readonly rows: readonly Row[]
}

/** A table under a heading, in a scroll area. */
export function Table({ id, title, columns, rows }: Props) {
  const titleId = useId()
  return (
    <section id={id} aria-labelledby={titleId}>
      <h2 id={titleId}>{title}</h2>
      <ScrollArea labelledBy={titleId}>
        <table>
          <thead>
            <tr>
              {columns.map((name) => (
                <th scope="col" key={name}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ key, cells, hint }) => (
              <tr key={key}>
                {columns.map((name, index) => (
                  <td key={name} title={index === columns.length - 1 ? (hint ?? undefined) : undefined}>
                    {cells[index]}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollArea>
    </section>
  )
}
