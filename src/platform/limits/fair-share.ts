import { AsyncResource } from 'node:async_hooks'

/** A FIFO queue of work, such as the messages of one connection. */
export interface Lane {
  /**
   * Runs `work` at once if its client has time left in this pass of the event loop and the lane is empty; otherwise in a
   * later pass, in the async context of this call. `work` must not throw.
   */
  run(work: () => void): void
  /** Drops queued work. */
  clear(): void
  /** Number of queued items. */
  readonly length: number
}

/**
 * Divides the event loop among clients. Each client may use a fixed time per pass of the loop; work beyond that is queued
 * for later passes. A client that sends in bulk therefore delays others by its share of a pass, not by everything it sent.
 */
export interface FairShare<Client> {
  /** `client` returns the client to charge. It is asked whenever the lane is empty: a connection changes its client by signing in. */
  lane(client: () => Client): Lane
  /** Number of clients with queued work or with time to pay back. */
  readonly size: number
}

/**
 * Runs `work` in the share of `client` and resolves when it ends. Only its synchronous part, up to the first await, is
 * charged. Queued work is dropped, and the promise resolved, if `isWanted` returns false when its time comes.
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
  /** Calls `begin` once, after the event loop has read the sockets that are ready. */
  readonly nextPass?: (begin: () => void) => void
}

/**
 * Time per client and pass: half of what the last pass took for everything but work that is charged here, within these
 * bounds. Passes are long while the node works, and a client must get through on a node that works for nobody else. An item
 * that takes longer is paid back in later passes.
 */
const SHARE_MS = { min: 1, max: 5 } as const
const SHARE_OF_PASS = 0.5
/**
 * A client that owes more than this many shares pays back by elapsed time instead of by passes. Passes are short when
 * nobody else is busy, and an operation that spans several passes would meet a long item in each of them.
 */
const LONG_SHARES = 2
/** Time per pass for the queued work of all clients together. */
const QUEUED_MS = 5

interface Account {
  /** Time used in this pass, plus what earlier passes left to pay back. */
  usedMs: number
  /** Lanes with queued work, in the order in which they are served. */
  readonly lanes: Set<ClientLane>
}

export function createFairShare<Client>({
  nowMs = () => performance.now(),
  nextPass = setImmediate,
}: FairShareOptions = {}): FairShare<Client> {
  /** In the order in which they are served. */
  const accounts = new Map<Client, Account>()
  let isPassDue = false
  let passBeganMs = 0
  /** Time of this pass that was charged. */
  let chargedMs = 0
  let shareMs: number = SHARE_MS.min

  function accountOf(client: Client): Account {
    const found = accounts.get(client)
    if (found !== undefined) return found
    const account = { usedMs: 0, lanes: new Set<ClientLane>() }
    accounts.set(client, account)
    if (!isPassDue) {
      isPassDue = true
      passBeganMs = nowMs()
      chargedMs = 0
      shareMs = SHARE_MS.min
      nextPass(beginPass)
    }
    return account
  }

  function use(account: Account, work: () => void): void {
    const beganMs = nowMs()
    work()
    const tookMs = nowMs() - beganMs
    account.usedMs += tookMs
    chargedMs += tookMs
  }

  /** Runs `work` at once, unless the share of the account is used. */
  function tryUse(account: Account, work: () => void): boolean {
    if (account.usedMs >= shareMs) return false
    use(account, work)
    return true
  }

  function beginPass(): void {
    const beganMs = nowMs()
    const ofOthersMs = SHARE_OF_PASS * (beganMs - passBeganMs - chargedMs)
    shareMs = Math.min(SHARE_MS.max, Math.max(SHARE_MS.min, ofOthersMs))
    passBeganMs = beganMs
    chargedMs = 0
    for (const [client, account] of [...accounts]) {
      const isLong = account.usedMs > LONG_SHARES * shareMs
      account.usedMs = Math.max(0, account.usedMs - (isLong ? Math.min(shareMs, ofOthersMs) : shareMs))
      if (account.lanes.size > 0 && account.usedMs < shareMs && nowMs() < beganMs + QUEUED_MS) {
        serve(account)
        // Accounts that were not served in this pass come first in the next.
        accounts.delete(client)
        accounts.set(client, account)
      }
      if (account.usedMs === 0 && account.lanes.size === 0) accounts.delete(client)
    }
    isPassDue = accounts.size > 0
    if (isPassDue) nextPass(beginPass)
  }

  /** Runs one item of each lane, round-robin, until the share is used. */
  function serve(account: Account): void {
    for (const lane of account.lanes) {
      if (account.usedMs >= shareMs) return
      account.lanes.delete(lane)
      const work = lane.next()
      if (work !== undefined) use(account, work)
      if (lane.length > 0) account.lanes.add(lane)
    }
  }

  return {
    lane: (client) => new ClientLane(() => accountOf(client()), tryUse),
    get size() {
      return accounts.size
    },
  }
}

/** A class with lazy members, since every connection has one. */
class ClientLane implements Lane {
  readonly #accountNow: () => Account
  readonly #tryUse: (account: Account, work: () => void) => boolean
  #queue: (() => void)[] | undefined
  /** The account that lists this lane. */
  #account: Account | undefined

  constructor(accountNow: () => Account, tryUse: (account: Account, work: () => void) => boolean) {
    this.#accountNow = accountNow
    this.#tryUse = tryUse
  }

  get length(): number {
    return this.#queue?.length ?? 0
  }

  run(work: () => void): void {
    if (this.#queue !== undefined) {
      this.#queue.push(AsyncResource.bind(work))
      return
    }
    const account = this.#accountNow()
    if (this.#tryUse(account, work)) return
    this.#queue = [AsyncResource.bind(work)]
    this.#account = account
    account.lanes.add(this)
  }

  /** Removes and returns the first queued item. */
  next(): (() => void) | undefined {
    const work = this.#queue?.shift()
    if (this.length === 0) this.#queue = undefined
    return work
  }

  clear(): void {
    this.#queue = undefined
    this.#account?.lanes.delete(this)
    this.#account = undefined
  }
}
