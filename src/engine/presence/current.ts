/** Something that is so at the moment, and has no history. */
export interface Current<Value extends object> {
  /** The whole of it: the same object while it is the same. */
  read(): Promise<Value>
  /** Calls `onChange` when it may have become another, a few times a second at most, until the returned function is called. */
  watch(onChange: () => void): () => void
}
