/** `read`, called at most once at a time and never again after it succeeded: all who ask get the same answer. */
export function once<Value>(read: () => Promise<Value>): () => Promise<Value> {
  let asked: Promise<Value> | undefined
  return () => {
    asked ??= read().catch((error: unknown) => {
      asked = undefined
      throw error
    })
    return asked
  }
}
