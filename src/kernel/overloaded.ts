/**
 * The node has more work than it can finish in time, so this was refused at once. Nothing of it has begun:
 * retrying is safe. Never thrown because a part the node depends on is away.
 */
export class Overloaded extends Error {
  readonly retryAfterMs: number

  constructor(retryAfterMs: number) {
    super('The server is overloaded.')
    this.name = 'Overloaded'
    this.retryAfterMs = retryAfterMs
  }
}
