/** A secret value, held behind a function so that printing, logging or serialising its container reveals nothing. */
export interface Secret {
  readonly reveal: () => string
}

export function secret(value: string): Secret {
  return { reveal: () => value }
}
