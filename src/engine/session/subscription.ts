import { GraphQLError } from 'graphql'
import type { Viewer } from '../../platform/auth/viewer.ts'
import type { RunningSelection } from '../../platform/limits/selection-budget.ts'
import type { Selection, Sink } from '../hub/delivery.ts'
import type { Hub } from '../hub/hub.ts'
import { dependsOnViewer, type Plan, subjectOf } from '../hub/source.ts'
import type { PresenceSession } from '../presence/presence-session.ts'

/** An authorised subscription: the plan that the hub serves, and how to execute each value. */
export interface PlannedSubscription {
  readonly plan: Plan
  readonly selection: Selection
  /** The context for one execution of the selection, for an entry or a tick. */
  readonly cost: number
}

export interface ClosableSink extends Sink {
  /** Drops everything sent from now on. A hub sends a reader's pending payloads as it leaves. */
  close(): void
}

export interface SubscriptionRequest {
  /** Checks whether the viewer may subscribe. Called again when the viewer's rights change. Rejects if they may not. */
  plan(life: SubscriptionLife): Promise<PlannedSubscription>
  /** Creates the sink for payloads. The hub calls `end` to end the subscription. */
  createSink(end: Sink['end']): ClosableSink
  /** The server ended the subscription: with an error, or without (complete). Called once, and not after `stop`. */
  onEnd(error?: GraphQLError): void
}

/** The subscription's lifetime and rights, as its plan may observe them. */
export interface SubscriptionLife {
  /** Aborted when the subscription has ended. */
  readonly signal: AbortSignal
  /** Calls `onChange` when the viewer's rights change. The returned function stops the calls. */
  watchRights(onChange: () => void): () => void
}

/** The session as its subscriptions see it. */
export interface SubscriptionOwner {
  readonly viewer: Viewer | null
  readonly presence: PresenceSession
  readonly hub: Pick<Hub, 'open'>
  /** Charges the running selection to the client. Undefined if it exceeds the client's budget. */
  charge(selection: RunningSelection): (() => void) | undefined
  /** Reports a fault of the server and returns the masked error. */
  mask(error: unknown): GraphQLError
  /** Call when the subscription has ended, for any reason. */
  forget(subscription: Subscription): void
}

const LOST_RIGHTS: ReadonlySet<unknown> = new Set(['NOT_FOUND', 'FORBIDDEN', 'UNAUTHENTICATED'])

/**
 * One running subscription of a session. Its viewer is always the session's current one. When the viewer's rights change, a
 * plan that sends all readers the same entries has its guard check again. A plan that filters by viewer is closed at once
 * and requested again, because its pending payloads were selected under the former rights.
 */
export class Subscription implements SubscriptionLife {
  readonly #owner: SubscriptionOwner
  readonly #request: SubscriptionRequest
  #sink: ClosableSink
  /** Ends the hub's part; undefined while the plan is being requested. */
  #close: (() => void) | undefined
  #release: (() => void) | undefined
  #gone: AbortController | undefined
  #onRightsChanged: (() => void) | undefined
  #isFiltered = false
  #isEnded = false
  #hasBegun = false
  /** Incremented by each request for a plan: only the latest result counts. */
  #question = 0

  constructor(owner: SubscriptionOwner, request: SubscriptionRequest) {
    this.#owner = owner
    this.#request = request
    this.#sink = request.createSink((error) => this.#end(error))
    this.#begin()
  }

  get signal(): AbortSignal {
    this.#gone ??= new AbortController()
    return this.#gone.signal
  }

  /** Stops the subscription for the client or because its session ended. Nothing is sent afterwards. */
  stop(): void {
    if (this.#isEnded) return
    this.#sink.close()
    this.#finish()
  }

  /** Call when the rights of the session's viewer have changed. */
  rightsChanged(): void {
    if (this.#isEnded) return
    if (this.#close === undefined) this.#begin()
    else if (this.#isFiltered) {
      // Pending payloads were selected under the former rights.
      this.#sink.close()
      this.#close()
      this.#sink = this.#request.createSink((error) => this.#end(error))
      this.#close = undefined
      this.#begin()
    } else this.#onRightsChanged?.()
  }

  watchRights(onChange: () => void): () => void {
    this.#onRightsChanged = onChange
    return () => {
      if (this.#onRightsChanged === onChange) this.#onRightsChanged = undefined
    }
  }

  #begin(): void {
    this.#question += 1
    const question = this.#question
    const isCurrent = (): boolean => !this.#isEnded && question === this.#question
    this.#request.plan(this).then(
      (planned) => {
        if (isCurrent()) this.#open(planned)
      },
      (error: unknown) => {
        if (isCurrent()) this.#end(this.#refusalOf(error))
      },
    )
  }

  #open({ plan, selection, cost }: PlannedSubscription): void {
    this.#release?.()
    this.#release = this.#owner.charge({ topic: subjectOf(plan), key: selection.key, cost })
    if (this.#release === undefined) {
      this.#end(tooCostly())
      return
    }
    this.#isFiltered = dependsOnViewer(plan)
    const owner = this.#owner
    const subscriber = {
      selection,
      sink: this.#sink,
      get viewer() {
        return owner.viewer
      },
    }
    const close = owner.hub.open(this.#hasBegun ? startingOver(plan) : plan, subscriber, owner.presence)
    this.#hasBegun = true
    // The hub may have ended the subscription within `open`.
    if (this.#isEnded) close()
    else this.#close = close
  }

  #refusalOf(error: unknown): GraphQLError {
    const refusal = error instanceof GraphQLError ? error : this.#owner.mask(error)
    return this.#hasBegun && LOST_RIGHTS.has(refusal.extensions['code']) ? noLongerAllowed() : refusal
  }

  #end(error?: GraphQLError): void {
    if (this.#isEnded) return
    this.#finish()
    this.#request.onEnd(error)
  }

  #finish(): void {
    this.#isEnded = true
    this.#gone?.abort()
    this.#close?.()
    this.#close = undefined
    this.#release?.()
    this.#owner.forget(this)
  }
}

/** The reader has state from its former rights, so it restarts with a snapshot marked `reset`. */
function startingOver(plan: Plan): Plan {
  return plan.kind === 'history' ? { ...plan, after: null, startsOver: true } : plan
}

function tooCostly(): GraphQLError {
  return new GraphQLError(
    'The running subscriptions of this client select too many different things of one topic, or in total. Share documents and variables, or end some.',
    { extensions: { code: 'TOO_MANY_SUBSCRIPTIONS' } },
  )
}

function noLongerAllowed(): GraphQLError {
  return new GraphQLError('You no longer have access.', { extensions: { code: 'FORBIDDEN' } })
}
