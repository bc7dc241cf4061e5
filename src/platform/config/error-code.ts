/** The code of an error of the operating system, such as `ENOENT`; undefined for others. */
export function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
