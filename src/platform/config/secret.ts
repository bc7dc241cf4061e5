/**
 * A value that must not be seen. It is held behind a function, so that printing, logging or serialising
 * what contains it shows nothing.
 */
export interface Secret {
  readonly reveal: () => string
}

export function secret(value: string): Secret {
  return { reveal: () => value }
}
