/** The environment variables at process start. All other code receives them as a `Config`. */
export function environment(): Readonly<Record<string, string | undefined>> {
  return { ...process.env }
}
