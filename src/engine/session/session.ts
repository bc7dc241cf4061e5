import type { GraphQLError } from 'graphql'
import type { Credential } from '../../platform/auth/credentials.ts'
import type { Viewer } from '../../platform/auth/viewer.ts'
import type { Place } from '../../platform/limits/connections.ts'
import { OperationQueue, type OperationQueueOptions } from '../../platform/limits/operation-queue.ts'
import type { RunningSelection, SelectionBudget } from '../../platform/limits/selection-budget.ts'
import type { UserConnections } from '../../platform/limits/user-connections.ts'
import type { Hub } from '../hub/hub.ts'
import type { Deadlines } from '../kernel/deadlines.ts'
import type { PresenceSession } from '../presence/presence-session.ts'
import { type ClientKey, clientKeyOf } from './client-key.ts'
import { Refusals } from './refusals.ts'
import type { SignIn } from './sign-in.ts'
import { Subscription, type SubscriptionOwner, type SubscriptionRequest } from './subscription.ts'
import type { Ending, Transport } from './transport.ts'

/** Everything that the sessions of a node share. */
export interface SessionHost {
  readonly hub: Pick<Hub, 'open'>
  readonly deadlines: Deadlines
  readonly userConnections: UserConnections
  readonly selections: SelectionBudget<ClientKey>
  readonly maxSubscriptions: number
  readonly operations: OperationQueueOptions
  signIn(credential: Credential): Promise<SignIn>
  openPresence(): PresenceSession
  mask(error: unknown): GraphQLError
  /** Call when the session has ended. */
  forget(session: Session): void
}

/** A query or mutation of the session. */
export interface Work<Result> {
  /**
   * Rejects with `Overloaded` at once if too many operations wait, and with the signal's reason if it was cancelled before it
   * began.
   */
  readonly result: Promise<Result>
  /** The client no longer wants the result. A mutation that has begun runs to its end. */
  cancel(): void
}

/** A client that keeps retrying rate-limited operations is disconnected. */
const RATE_REFUSALS = { max: 100, withinMs: 10_000 } as const
const OVERLOAD_REFUSALS = { max: 1_000, withinMs: 10_000 } as const

const EXPIRED: Ending = { kind: 'expired', reason: 'Token expired' }
const TOO_MANY_OF_USER: Ending = { kind: 'too-many-connections', reason: 'Too many connections of this user' }
const TOO_MANY_VISITORS: Ending = {
  kind: 'too-many-connections',
  reason: 'Too many connections of visitors: sign in, or retry later',
}
const TOO_MANY_RATE_REFUSALS: Ending = { kind: 'too-many-refusals', reason: 'Too many refused mutations' }
const TOO_MANY_OVERLOADS: Ending = { kind: 'too-many-refusals', reason: 'Too many refused operations' }

/**
 * One client over any long-lived transport: sign-in, renewal, expiry, presence, limits and running operations. A session
 * owns everything that it started. When either side ends it, all of that ends with it: subscriptions, presence, slots in
 * connection limits, waiting and running operations. A class with lazy members, because a node holds tens of thousands.
 */
export class Session implements SubscriptionOwner {
  readonly presence: PresenceSession
  readonly address: string
  readonly #host: SessionHost
  readonly #transport: Transport
  readonly #place: Place
  #viewer: Viewer | null = null
  #hasSignedIn = false
  #disarm: (() => void) | undefined
  #uncount: (() => void) | undefined
  #subscriptions: Set<Subscription> | undefined
  #queue: OperationQueue | undefined
  #work: Map<AbortController, Promise<unknown>> | undefined
  #rateRefusals: Refusals | undefined
  #overloads: Refusals | undefined
  #isFinishing = false
  #isOver = false
  /** Renewals requested, and the last one that took effect. */
  #renewals = 0
  #renewed = 0

  /** `address`: the client's address, as limits count it. */
  constructor(host: SessionHost, transport: Transport, place: Place, address: string) {
    this.#host = host
    this.#transport = transport
    this.#place = place
    this.address = address
    this.presence = host.openPresence()
  }

  get hub(): Pick<Hub, 'open'> {
    return this.#host.hub
  }

  /** The current viewer; null for a visitor. */
  get viewer(): Viewer | null {
    return this.#viewer
  }

  /** The key that limits count its operations by. */
  get client(): ClientKey {
    return clientKeyOf(this.#viewer, this.address)
  }

  /** Whether requests of this client are still served. False once the session has ended or is about to. */
  get isListening(): boolean {
    return !this.#isFinishing && !this.#isOver
  }

  /** Begins the session as the caller that `credential` names. Ends it if no visitor connection is free. */
  async signIn(credential: Credential): Promise<SignIn> {
    const signedIn = await this.#host.signIn(credential)
    if (signedIn.kind === 'ok') this.begin(signedIn.viewer)
    return signedIn
  }

  /** Begins the session as `viewer`, whose token has been verified. */
  begin(viewer: Viewer | null): void {
    if (this.#isOver) return
    this.#become(viewer)
    if (viewer === null && !this.#place.stay()) this.end(TOO_MANY_VISITORS)
  }

  /** Replaces the token by another one of the same user. A refusal changes nothing. */
  async renew(credential: Credential): Promise<SignIn> {
    this.#renewals += 1
    const renewal = this.#renewals
    const signedIn = await this.#host.signIn(credential)
    if (signedIn.kind === 'refused') return signedIn
    const current = this.#viewer
    if (current !== null && signedIn.viewer?.user.id !== current.user.id) {
      return { kind: 'refused', reason: 'The token belongs to another user than this connection.' }
    }
    // Tokens are verified concurrently: an earlier renewal must not undo a later one.
    if (renewal > this.#renewed && !this.#isOver) {
      this.#renewed = renewal
      this.#become(signedIn.viewer)
    }
    return signedIn
  }

  /** Starts a subscription. Returns undefined if too many are running. */
  subscribe(request: SubscriptionRequest): Subscription | undefined {
    this.#subscriptions ??= new Set()
    if (this.#isOver || this.#subscriptions.size >= this.#host.maxSubscriptions) return undefined
    const subscription = new Subscription(this, request)
    this.#subscriptions.add(subscription)
    return subscription
  }

  /** Runs a query or mutation in this session's queue. */
  run<Result>(work: (signal: AbortSignal) => Promise<Result>): Work<Result> {
    this.#queue ??= new OperationQueue(this.#host.operations)
    const gone = new AbortController()
    if (this.#isOver) gone.abort()
    const { signal } = gone
    const result = this.#queue.run(() => work(signal), signal)
    this.#work ??= new Map()
    const running = this.#work.set(gone, result)
    const forget = (): void => void running.delete(gone)
    result.then(forget, forget)
    return { result, cancel: () => gone.abort() }
  }

  /** Call when a mutation was rate-limited. */
  onRateLimited(): void {
    this.#rateRefusals ??= new Refusals()
    if (this.#rateRefusals.add({ ...RATE_REFUSALS, nowMs: performance.now() }))
      this.end(TOO_MANY_RATE_REFUSALS)
  }

  /** Call when an operation was refused because too many wait. */
  onOverloaded(): void {
    this.#overloads ??= new Refusals()
    if (this.#overloads.add({ ...OVERLOAD_REFUSALS, nowMs: performance.now() })) this.end(TOO_MANY_OVERLOADS)
  }

  charge(selection: RunningSelection): (() => void) | undefined {
    // Services are exempt from limits.
    if (this.#viewer?.roles.has('SERVICE') === true) return () => {}
    return this.#host.selections.charge(this.client, selection)
  }

  mask(error: unknown): GraphQLError {
    return this.#host.mask(error)
  }

  forget(subscription: Subscription): void {
    this.#subscriptions?.delete(subscription)
  }

  /** Finishes running operations, accepts no further ones, then ends. */
  async finish(ending: Ending): Promise<void> {
    this.#isFinishing = true
    await Promise.allSettled(this.#work?.values() ?? [])
    // The transport sends responses by the end of the current event-loop tick.
    await new Promise((resolve) => setImmediate(resolve))
    this.end(ending)
  }

  /** Ends everything, then closes the transport with the reason. */
  end(ending: Ending): void {
    if (this.#isOver) return
    if (ending.kind === 'revoked') this.presence.revoke()
    this.close()
    this.#transport.end(ending)
  }

  /** The client has disconnected or is being disconnected: ends everything that the session started. */
  close(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#disarm?.()
    this.#uncount?.()
    this.#place.leave()
    for (const subscription of [...(this.#subscriptions ?? [])]) subscription.stop()
    for (const gone of [...(this.#work?.keys() ?? [])]) gone.abort()
    this.presence.close()
    this.#host.forget(this)
  }

  #become(next: Viewer | null): void {
    const previous = this.#viewer
    const isChange = this.#hasSignedIn && !hasSameRights(previous, next)
    this.#hasSignedIn = true
    this.#viewer = next
    this.#disarm?.()
    this.#disarm = undefined
    if (next === null) return
    this.#place.signIn()
    this.presence.signIn(next.user)
    this.#countFor(next)
    if (this.#isOver) return
    this.#disarm = this.#host.deadlines.arm(next.expiresAt, () => this.end(EXPIRED))
    if (isChange) for (const each of [...(this.#subscriptions ?? [])]) each.rightsChanged()
  }

  /** Services are exempt for as long as they are services. */
  #countFor({ user, roles }: Viewer): void {
    if (roles.has('SERVICE')) {
      this.#uncount?.()
      this.#uncount = undefined
    } else this.#uncount ??= this.#host.userConnections.add(user.id, () => this.end(TOO_MANY_OF_USER))
    if (this.#isOver) this.#uncount?.()
  }
}

function hasSameRights(a: Viewer | null, b: Viewer | null): boolean {
  if (a === null || b === null) return a === b
  return a.user.id === b.user.id && a.roles.size === b.roles.size && a.roles.isSubsetOf(b.roles)
}
