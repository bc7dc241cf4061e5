const NUL = '\u0000'

/** Whether the database returns `text` unchanged: PostgreSQL rejects NUL, and UTF-8 has no lone surrogates. */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes(NUL)
}

/** Number of code points, which is close to what a person would count. */
export function lengthOf(text: string): number {
  return [...text].length
}

/**
 * A character that is visible on its own. By Unicode properties: not one that is ignored if it has no glyph
 * (zero-width characters, Hangul fillers, variation selectors), no white space, no control or format character, and no mark
 * that needs a base. No property covers the symbols and letters whose glyph is blank, so they are listed: Braille pattern
 * blank, Khitan small script filler, null notehead, and the blanks of Egyptian hieroglyphs. An unassigned code point
 * counts as visible: it may be an emoji that is newer than this runtime.
 */
const VISIBLE =
  /[^\p{Default_Ignorable_Code_Point}\p{White_Space}\p{Noncharacter_Code_Point}\p{Cc}\p{Cf}\p{Cs}\p{Mn}\p{Me}\u{2800}\u{16FE4}\u{1D159}\u{13441}\u{13442}]/u
const BIDI_CONTROLS = /\p{Bidi_Control}/gu

/** Whether any part of `text` is visible. */
export function hasVisibleCharacter(text: string): boolean {
  return VISIBLE.test(text)
}

/** `text` without bidirectional control characters. For names and titles, which other texts quote. */
export function withoutBidiControls(text: string): string {
  return text.replace(BIDI_CONTROLS, '')
}

/** `text` trimmed, or undefined unless it is storable, visible and at most `most` characters long. */
export function trimmedWithin(text: string, most: number): string | undefined {
  const trimmed = text.trim()
  const isFit = isStorable(trimmed) && lengthOf(trimmed) <= most && hasVisibleCharacter(trimmed)
  return isFit ? trimmed : undefined
}

/** Like `trimmedWithin`, without bidirectional control characters: a name or title as stored. */
export function nameWithin(text: string, most: number): string | undefined {
  return trimmedWithin(withoutBidiControls(text), most)
}

/** Whether `text` is valid as an optional text: blank or visible, storable, and at most `most` characters long. */
export function isOptionalText(text: string, most: number): boolean {
  const isReadable = text.trim() === '' || hasVisibleCharacter(text)
  return isStorable(text) && lengthOf(text) <= most && isReadable
}

/** The rule of `trimmedWithin`, as a part of an error message. */
export function lengthRule(most: number): string {
  return `1 to ${most} characters, at least one of them visible and none of them NUL`
}

/** The rule of `isOptionalText`, as a part of an error message. */
export function optionalTextRule(most: number): string {
  return `at most ${most} characters, none of them NUL, and a visible one unless it is blank`
}
