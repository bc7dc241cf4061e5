/** Bounds what the running subscriptions of one client make this node execute for every entry. */
export interface SelectionBudget<Client> {
  /**
   * Charges `client` the cost of a running selection. A selection is charged once however many subscriptions of the client
   * share it, because the node executes it once. Returns the release, which is safe to call twice; undefined where the
   * client would exceed its budget.
   */
  charge(client: Client, selectionKey: string, cost: number): (() => void) | undefined
  /** Number of clients with a running selection. */
  readonly size: number
}

interface Charges {
  total: number
  readonly selections: Map<string, { readonly cost: number; uses: number }>
}

/** `maxCost`: for the distinct selections of one client together. */
export function createSelectionBudget<Client>(maxCost: number): SelectionBudget<Client> {
  const clients = new Map<Client, Charges>()

  function release(client: Client, charges: Charges, key: string): void {
    const selection = charges.selections.get(key)
    if (selection === undefined) return
    selection.uses -= 1
    if (selection.uses > 0) return
    charges.selections.delete(key)
    charges.total -= selection.cost
    if (charges.selections.size === 0) clients.delete(client)
  }

  return {
    charge(client, key, cost) {
      const charges = clients.get(client) ?? { total: 0, selections: new Map() }
      const known = charges.selections.get(key)
      if (known === undefined) {
        if (charges.total + cost > maxCost) return undefined
        charges.selections.set(key, { cost, uses: 1 })
        charges.total += cost
        clients.set(client, charges)
      } else known.uses += 1
      let isReleased = false
      return () => {
        if (isReleased) return
        isReleased = true
        release(client, charges, key)
      }
    },
    get size() {
      return clients.size
    },
  }
}
