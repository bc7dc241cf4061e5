/** A selection that a node executes for every entry of one topic, or for every tick of one ticker. */
export interface RunningSelection {
  /** What the selection is executed for: entries of a topic, ticks of a room's ticker. */
  readonly topic: string
  /** Subscriptions with equal keys share the execution. */
  readonly key: string
  /** Of one execution. */
  readonly cost: number
}

export interface SelectionBudgetLimits {
  /** Bounds the distinct selections of one client on one topic: what one entry makes the node execute for that client. */
  readonly maxTopicCost: number
  /** Bounds the distinct selections of one client on all topics together. */
  readonly maxTotalCost: number
}

/**
 * Bounds what the running subscriptions of one client make this node execute. An entry is executed once for each distinct
 * selection on its topic, so different selections of one topic multiply its cost, and are bounded tightly. Selections of
 * different topics each cost only when their own topic has an entry; their sum has a wide bound of its own.
 */
export interface SelectionBudget<Client> {
  /**
   * Charges `client` the cost of a running selection. A selection is charged once however many subscriptions of the client
   * share it, because the node executes it once. Returns the release, which is safe to call twice; undefined where the
   * client would exceed its budget.
   */
  charge(client: Client, selection: RunningSelection): (() => void) | undefined
  /** Number of clients with a running selection. */
  readonly size: number
}

interface Charges {
  cost: number
  readonly topics: Map<string, TopicCharges>
}

interface TopicCharges {
  cost: number
  /** Number of subscriptions by selection key. */
  readonly uses: Map<string, number>
}

export function createSelectionBudget<Client>({
  maxTopicCost,
  maxTotalCost,
}: SelectionBudgetLimits): SelectionBudget<Client> {
  const clients = new Map<Client, Charges>()

  function release(client: Client, { topic: name, key, cost }: RunningSelection): void {
    const charges = clients.get(client)
    const topic = charges?.topics.get(name)
    const uses = topic?.uses.get(key)
    if (charges === undefined || topic === undefined || uses === undefined) return
    if (uses > 1) {
      topic.uses.set(key, uses - 1)
      return
    }
    topic.uses.delete(key)
    topic.cost -= cost
    charges.cost -= cost
    if (topic.uses.size === 0) charges.topics.delete(name)
    if (charges.topics.size === 0) clients.delete(client)
  }

  return {
    charge(client, selection) {
      const { topic: name, key, cost } = selection
      const charges = clients.get(client) ?? { cost: 0, topics: new Map<string, TopicCharges>() }
      const topic = charges.topics.get(name) ?? { cost: 0, uses: new Map<string, number>() }
      const uses = topic.uses.get(key) ?? 0
      if (uses === 0) {
        if (topic.cost + cost > maxTopicCost || charges.cost + cost > maxTotalCost) return undefined
        topic.cost += cost
        charges.cost += cost
      }
      clients.set(client, charges)
      charges.topics.set(name, topic)
      topic.uses.set(key, uses + 1)
      let isReleased = false
      return () => {
        if (isReleased) return
        isReleased = true
        release(client, selection)
      }
    },
    get size() {
      return clients.size
    },
  }
}
