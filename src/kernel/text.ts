const NUL = '\u0000'

/** Whether the record gives `text` back as it is: PostgreSQL refuses NUL, UTF-8 has no halves of surrogate pairs. */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes(NUL)
}

/** How many characters (code points) a person would count, near enough. */
export function lengthOf(text: string): number {
  return [...text].length
}

/** `text` without the blanks around it, where storable and 1 to `most` characters long; else undefined. */
export function trimmedWithin(text: string, most: number): string | undefined {
  const trimmed = text.trim()
  const length = lengthOf(trimmed)
  return isStorable(trimmed) && length >= 1 && length <= most ? trimmed : undefined
}

/** The rule of `trimmedWithin`, for the sentence of a refusal. */
export function lengthRule(most: number): string {
  return `1 to ${most} characters, none of them NUL`
}
