import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { PROJECT } from './cruise.ts'

/** Words of the bundled features. Words with other meanings, such as `message`, are looked for in names only. */
const FEATURE_WORDS =
  /\b(?:rooms?(?! for)|auction\w*|bids?|bidders?|bidding|lots?|hammer\w*|wallets?|leaderboards?|standings?|rankings?|trad(?:e|er|ing)s?|portfolios?|receipts?|statuses)\b/i
const FEATURE_NAMES =
  /\b\w*(?:Room|Auction|Bid(?!i)|Wallet|Ranking|Trade|Announcement|Notification|Message(?:Sent|Edited|Deleted|s?Topic|Id))\w*\b/

/** Lines that name a feature for a reason. */
const EXCEPTIONS: readonly (readonly [file: string, text: string])[] = [
  // An index of the shared table `entries`, for the erasure of messages: an index belongs to its table.
  ['src/engine/history/tables.ts', "type = 'MessageEdited'"],
]

const files = globSync('src/engine/**/*.ts', { cwd: PROJECT })

function linesWith(pattern: RegExp): readonly string[] {
  return files.flatMap((file) =>
    readFileSync(join(PROJECT, file), 'utf8')
      .split('\n')
      .flatMap((line, index) => {
        const isExcepted = EXCEPTIONS.some(([where, text]) => where === file && line.includes(text))
        return pattern.test(line) && !isExcepted ? [`${file}:${index + 1}: ${line.trim()}`] : []
      }),
  )
}

describe('The engine', () => {
  test('has no word of a feature', () => {
    expect(files.length).toBeGreaterThan(100)
    expect(linesWith(FEATURE_WORDS)).toEqual([])
    expect(linesWith(FEATURE_NAMES)).toEqual([])
  })

  test.each(['const roomId = 1', '// the bids of an auction', "type === 'MessageEdited'", 'asAuctionId(id)'])(
    'would have one with: %s',
    (line) => {
      expect(FEATURE_WORDS.test(line) || FEATURE_NAMES.test(line.replace('roomId', 'asRoomId'))).toBe(true)
    },
  )
})
