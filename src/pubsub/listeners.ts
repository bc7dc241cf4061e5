/** Gives `value` to each listener in the order they came. What one of them throws goes to `onFault` and stops no other. */
export function callAll<Value>(
  listeners: Iterable<(value: Value) => void>,
  value: Value,
  onFault: (fault: unknown) => void,
): void {
  for (const listener of listeners) {
    try {
      listener(value)
    } catch (fault) {
      onFault(fault)
    }
  }
}
