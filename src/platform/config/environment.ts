/** The variables of this process, as they were at its start. Everything else gets them as a `Config`. */
export function environment(): Readonly<Record<string, string | undefined>> {
  return { ...process.env }
}
