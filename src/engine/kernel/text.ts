const NUL = '\u0000'

/** Whether the record gives `text` back as it is: PostgreSQL refuses NUL, UTF-8 has no halves of surrogate pairs. */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes(NUL)
}

/** How many characters (code points) a person would count, near enough. */
export function lengthOf(text: string): number {
  return [...text].length
}

/**
 * A character that leaves a mark of its own. By the properties of Unicode: not one that is ignored where it has no glyph
 * (zero-width characters, Hangul fillers, variation selectors), no white space, no control or format character, and no mark
 * that needs a base. No property covers the symbols and letters whose glyph is blank, so they are listed: Braille pattern
 * blank, Khitan small script filler, null notehead, and the blanks of Egyptian hieroglyphs. An unassigned code point
 * counts as visible: it may be an emoji that is newer than this runtime.
 */
const VISIBLE =
  /[^\p{Default_Ignorable_Code_Point}\p{White_Space}\p{Noncharacter_Code_Point}\p{Cc}\p{Cf}\p{Cs}\p{Mn}\p{Me}\u{2800}\u{16FE4}\u{1D159}\u{13441}\u{13442}]/u
const BIDI_CONTROLS = /\p{Bidi_Control}/gu

/** Whether people see anything of `text`. */
export function hasVisibleCharacter(text: string): boolean {
  return VISIBLE.test(text)
}

/** `text` without the characters that change the direction of what stands around it. For names and titles, which other texts quote. */
export function withoutBidiControls(text: string): string {
  return text.replace(BIDI_CONTROLS, '')
}

/** `text` without the blanks around it, where storable, visible and at most `most` characters long; else undefined. */
export function trimmedWithin(text: string, most: number): string | undefined {
  const trimmed = text.trim()
  const isFit = isStorable(trimmed) && lengthOf(trimmed) <= most && hasVisibleCharacter(trimmed)
  return isFit ? trimmed : undefined
}

/** As `trimmedWithin`, and without bidirectional control characters: a name or a title as it is stored. */
export function nameWithin(text: string, most: number): string | undefined {
  return trimmedWithin(withoutBidiControls(text), most)
}

/** Whether `text` is one that may be left out: blank or visible, storable, and at most `most` characters long. */
export function isOptionalText(text: string, most: number): boolean {
  const isReadable = text.trim() === '' || hasVisibleCharacter(text)
  return isStorable(text) && lengthOf(text) <= most && isReadable
}

/** The rule of `trimmedWithin`, for the sentence of a refusal. */
export function lengthRule(most: number): string {
  return `1 to ${most} characters, at least one of them visible and none of them NUL`
}

/** The rule of `isOptionalText`, for the sentence of a refusal. */
export function optionalTextRule(most: number): string {
  return `at most ${most} characters, none of them NUL, and a visible one unless it is blank`
}
