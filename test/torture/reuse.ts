/** One use of an operation id. The same id is used repeatedly. */
export interface Use {
  readonly kind: 'query' | 'mutation' | 'subscription'
  /** The client sent `complete` before it had an answer. */
  readonly isAbandoned: boolean
}

/** A received frame. A `pong` answers the ping sent right after the `subscribe` of that use. */
export type UseFrame =
  | { readonly kind: 'next'; readonly use: number }
  | { readonly kind: 'complete' }
  | { readonly kind: 'error' }
  | { readonly kind: 'pong'; readonly use: number }

/**
 * The errors in the frames of one id, as sentences. The server reads in order: after the pong of a use, nothing of an
 * earlier use may arrive. Before it, an earlier answer may still have been in flight. The last pong, numbered after the
 * last use, follows the last `complete`: after it, nothing of an abandoned use may arrive.
 */
export function faultsOfFrames(uses: readonly Use[], frames: readonly UseFrame[]): readonly string[] {
  const faults: string[] = []
  const answers = uses.map(() => ({ nexts: 0, completes: 0 }))
  let begun = 0
  let latest = 0
  for (const frame of frames) {
    if (frame.kind === 'pong') begun = Math.max(begun, frame.use)
    else if (frame.kind === 'error') faults.push('An operation was refused.')
    else if (frame.kind === 'next') takeNext(frame.use)
    else takeComplete()
  }
  for (const [number, { kind, isAbandoned }] of uses.entries()) {
    const { nexts, completes } = answers[number] ?? { nexts: 0, completes: 0 }
    if (kind === 'subscription') {
      if (!isAbandoned && nexts === 0) faults.push(`Subscription ${number} brought nothing.`)
      if (completes > 0) faults.push(`Subscription ${number} was completed by the server.`)
      continue
    }
    if (nexts > 1) faults.push(`${kind} ${number} was answered ${nexts} times.`)
    if (completes > 1) faults.push(`${kind} ${number} was completed ${completes} times.`)
    if (!isAbandoned && (nexts !== 1 || completes !== 1)) faults.push(`${kind} ${number} was not answered.`)
  }
  return faults

  function takeNext(use: number): void {
    const answer = answers[use]
    if (answer === undefined) {
      faults.push('An answer came that nobody asked for.')
      return
    }
    if (use < begun) faults.push(`${uses[use]?.kind} ${use} was answered under a later use of its id.`)
    if (use < latest) faults.push(`${uses[use]?.kind} ${use} was answered after ${latest}.`)
    if (answer.completes > 0) faults.push(`${uses[use]?.kind} ${use} was answered after its completion.`)
    latest = Math.max(latest, use)
    answer.nexts += 1
  }

  /** `complete` does not name a use: it belongs to the current one. */
  function takeComplete(): void {
    const isStale = (number: number): boolean =>
      number >= 0 && uses[number]?.kind !== 'subscription' && answers[number]?.completes === 0
    const current = Math.max(begun, latest)
    // Until the pong of the next use, the completion of this one may still have been in flight.
    const answer = answers[isStale(current) || begun >= current ? current : current - 1]
    if (answer === undefined) faults.push('A completion came that nobody asked for.')
    else answer.completes += 1
  }
}
