/** Why a read ends whose result nobody waits for any more. */
class Abandoned extends Error {
  /** As GraphQL errors carry it. */
  readonly extensions = { code: 'ABANDONED' } as const
}

/** One for all: creating an Error captures a stack, and no client gets this one. */
export const abandoned: Abandoned = new Abandoned('The client has gone.')
