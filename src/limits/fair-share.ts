import { AsyncResource } from 'node:async_hooks'

/** Work that runs in order, such as the messages of one connection. */
export interface Lane {
  /**
   * Runs `work` now where its client has time left in this pass of the event loop and nothing waits before it; else in a
   * later pass. `work` must not throw.
   */
  run(work: () => void): void
  /** Drops what waits. */
  clear(): void
  /** Number of items that wait. */
  readonly length: number
}

/**
 * Divides the event loop among clients. In each pass of the loop a client may use a share of time. What it asks for beyond
 * that waits for later passes, so that others wait for a share of a busy client's work, and not for all of it.
 */
export interface FairShare<Client> {
  /** `client` tells whose time the lane uses at present: it changes when a connection signs in. */
  lane(client: () => Client): Lane
  /** Clients with work that waits, or with time to make up for. */
  readonly size: number
}

/**
 * Runs `work` in the share of `client`, and resolves when it ends. What it does before it first waits counts. Resolves
 * without it where `isWanted` says, when its time has come, that nobody waits for it.
 */
export function inShare<Client>(
  share: FairShare<Client>,
  client: Client,
  work: () => Promise<void>,
  isWanted: () => boolean,
): Promise<void> {
  return new Promise((resolve, reject) => {
    share
      .lane(() => client)
      .run(() => {
        if (isWanted()) work().then(resolve, reject)
        else resolve()
      })
  })
}

export interface FairShareOptions {
  /** Monotonic. */
  readonly nowMs?: () => number
  /** Calls its argument once, after the sockets that are ready were read. */
  readonly nextPass?: (begin: () => void) => void
}

/** What one client may use in one pass. An item that takes longer is made up for in the following passes, */
const SHARE_MS = 1
/** and where it took much longer, in time: what others do takes several passes, and each would meet such an item. */
const LONG_MS = 2
const PAID_BACK_PER_MS = 0.5
/** What all clients together may use for work that waited, in one pass. */
const WAITING_MS = 4

interface Account {
  /** In this pass, and in earlier ones beyond the share. */
  usedMs: number
  /** Those in which work waits, in the order in which they come next. */
  readonly lanes: Set<ClientLane>
}

export function createFairShare<Client>({
  nowMs = () => performance.now(),
  nextPass = setImmediate,
}: FairShareOptions = {}): FairShare<Client> {
  /** In the order in which they come next. */
  const accounts = new Map<Client, Account>()
  let isPassDue = false
  let lastPassMs = 0

  function accountOf(client: Client): Account {
    const found = accounts.get(client)
    if (found !== undefined) return found
    const account = { usedMs: 0, lanes: new Set<ClientLane>() }
    accounts.set(client, account)
    if (!isPassDue) {
      isPassDue = true
      lastPassMs = nowMs()
      nextPass(beginPass)
    }
    return account
  }

  function use(account: Account, work: () => void): void {
    const beganMs = nowMs()
    work()
    account.usedMs += nowMs() - beganMs
  }

  function beginPass(): void {
    const beganMs = nowMs()
    const untilMs = beganMs + WAITING_MS
    const paidBackMs = Math.min(SHARE_MS, PAID_BACK_PER_MS * (beganMs - lastPassMs))
    lastPassMs = beganMs
    for (const [client, account] of [...accounts]) {
      account.usedMs = Math.max(0, account.usedMs - (account.usedMs > LONG_MS ? paidBackMs : SHARE_MS))
      if (account.lanes.size > 0 && account.usedMs < SHARE_MS && nowMs() < untilMs) {
        serve(account)
        // Those who were not served in this pass come first in the next.
        accounts.delete(client)
        accounts.set(client, account)
      }
      if (account.usedMs === 0 && account.lanes.size === 0) accounts.delete(client)
    }
    isPassDue = accounts.size > 0
    if (isPassDue) nextPass(beginPass)
  }

  /** One item of each lane after another, until the share is used. */
  function serve(account: Account): void {
    for (const lane of account.lanes) {
      if (account.usedMs >= SHARE_MS) return
      account.lanes.delete(lane)
      const work = lane.next()
      if (work !== undefined) use(account, work)
      if (lane.length > 0) account.lanes.add(lane)
    }
  }

  return {
    lane: (client) => new ClientLane(() => accountOf(client()), use),
    get size() {
      return accounts.size
    },
  }
}

/** A class with lazy members: each connection has one. */
class ClientLane implements Lane {
  readonly #accountNow: () => Account
  readonly #use: (account: Account, work: () => void) => void
  #waiting: (() => void)[] | undefined
  /** The account under which this lane waits. */
  #account: Account | undefined

  constructor(accountNow: () => Account, use: (account: Account, work: () => void) => void) {
    this.#accountNow = accountNow
    this.#use = use
  }

  get length(): number {
    return this.#waiting?.length ?? 0
  }

  run(work: () => void): void {
    if (this.#waiting !== undefined) {
      this.#waiting.push(AsyncResource.bind(work))
      return
    }
    const account = this.#accountNow()
    if (account.usedMs < SHARE_MS) {
      this.#use(account, work)
      return
    }
    this.#waiting = [AsyncResource.bind(work)]
    this.#account = account
    account.lanes.add(this)
  }

  /** Takes the first item that waits. */
  next(): (() => void) | undefined {
    const work = this.#waiting?.shift()
    if (this.length === 0) this.#waiting = undefined
    return work
  }

  clear(): void {
    this.#waiting = undefined
    this.#account?.lanes.delete(this)
    this.#account = undefined
  }
}
