/** Current state without history. */
export interface Current<Value extends object> {
  /** Returns the full value; the same reference until it changes. */
  read(): Promise<Value>
  /** Calls `onChange` when the value may have changed, at most a few times a second. The returned function stops the calls. */
  watch(onChange: () => void): () => void
}
