import { describe, expect, test } from 'vitest'
import {
  hasVisibleCharacter,
  isOptionalText,
  nameWithin,
  trimmedWithin,
} from '../../../src/engine/kernel/text.ts'

/** Characters of which people see nothing. */
const INVISIBLE = [
  ['zero width space', '\u200b'],
  ['zero width non-joiner', '\u200c'],
  ['zero width joiner', '\u200d'],
  ['word joiner', '\u2060'],
  ['invisible times', '\u2062'],
  ['soft hyphen', '\u00ad'],
  ['combining grapheme joiner', '\u034f'],
  ['Hangul filler', '\u3164'],
  ['Hangul choseong filler', '\u115f'],
  ['Hangul jungseong filler', '\u1160'],
  ['halfwidth Hangul filler', '\uffa0'],
  ['Mongolian vowel separator', '\u180e'],
  ['Khmer inherent vowel', '\u17b4'],
  ['Braille pattern blank', '\u2800'],
  ['null notehead', '\u{1d159}'],
  ['hieroglyph blank', '\u{13441}'],
  ['variation selector', '\ufe0f'],
  ['tag space', '\u{e0020}'],
  ['right-to-left override', '\u202e'],
  ['left-to-right isolate', '\u2066'],
  ['Arabic letter mark', '\u061c'],
  ['byte order mark', '\ufeff'],
  ['interlinear annotation', '\ufff9'],
  ['no-break space', '\u00a0'],
  ['ideographic space', '\u3000'],
  ['line separator', '\u2028'],
  ['escape', '\u001b'],
  ['noncharacter', '\uffff'],
  ['nothing', ''],
] as const

describe('a text of nothing but', () => {
  test.for(INVISIBLE)('%s is refused', ([, text]) => {
    for (const each of [text, text.repeat(3), `${text} ${text}`, `\u200b${text}\u2800`]) {
      expect(hasVisibleCharacter(each)).toBe(false)
      expect(trimmedWithin(each, 100)).toBeUndefined()
      expect(nameWithin(each, 100)).toBeUndefined()
    }
  })

  test.for(INVISIBLE)('%s next to a letter is accepted', ([, text]) => {
    expect(hasVisibleCharacter(`${text}a${text}`)).toBe(true)
  })
})

test.for(['a', '7', '!', '😀', '👨‍👩‍👧', '🇨🇭', '1️⃣', 'م', 'ש', '中', 'é', '−', '⠁', '\u{1faff}'])(
  '%s is visible',
  (text) => {
    expect(trimmedWithin(` ${text} `, 20)).toBe(text)
  },
)

describe('a name', () => {
  test('loses what would turn the text around it', () => {
    const controls = '\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069'
    expect(nameWithin(`\u202eadA ${controls}Lovelace\u2069`, 100)).toBe('adA Lovelace')
  })

  test('keeps its letters, whatever their direction', () => {
    expect(nameWithin('מכירה فازة', 100)).toBe('מכירה فازة')
  })

  test('is counted without them', () => {
    expect(nameWithin(`${'\u202e'.repeat(50)}abc`, 3)).toBe('abc')
    expect(nameWithin('abcd', 3)).toBeUndefined()
  })
})

test('a text that may be left out is blank or visible', () => {
  expect(isOptionalText('', 10)).toBe(true)
  expect(isOptionalText('  ', 10)).toBe(true)
  expect(isOptionalText('Torn.', 10)).toBe(true)
  expect(isOptionalText('\u200b', 10)).toBe(false)
  expect(isOptionalText('a'.repeat(11), 10)).toBe(false)
})
