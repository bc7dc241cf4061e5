/** The reason for cancelling a read whose result no caller awaits any longer. */
class Abandoned extends Error {
  /** In the shape of GraphQL errors. */
  readonly extensions = { code: 'ABANDONED' } as const
}

/** A shared instance: creating an Error captures a stack, and no client receives this one. */
export const abandoned: Abandoned = new Abandoned('The client has gone.')
