import { isAmount } from '../../../engine/kernel/amount.ts'
import { CURRENCY_RULE, chooseExponent, isCurrency } from '../../../engine/kernel/currency.ts'
import type { Instant } from '../../../engine/kernel/instant.ts'
import { isOptionalText, lengthRule, nameWithin, optionalTextRule } from '../../../engine/kernel/text.ts'
import { isTooFarAhead, TOO_FAR_AHEAD } from '../../rooms/rules/quota.ts'
import type { CreateAuction } from './command.ts'

/** A validation error: the field, by its own name, and the reason. */
interface Fault {
  readonly field: string
  /** A full sentence. */
  readonly reason: string
}

const MAX_TITLE_LENGTH = 200
const MAX_DESCRIPTION_LENGTH = 10_000
const MAX_BANDS = 100
const MAX_SOFT_CLOSE_MS = 7 * 86_400_000

/** The first validation error of a creation, or undefined if its terms are valid. */
export function faultOfCreation(
  input: CreateAuction,
  now: Instant,
  fixedExponent: number | undefined,
): Fault | undefined {
  return (
    faultOfText(input) ??
    faultOfCurrency(input, fixedExponent) ??
    faultOfPrices(input) ??
    faultOfBands(input) ??
    faultOfSoftClose(input) ??
    faultOfTimes(input, now)
  )
}

/** `title` as stored; undefined if it is invalid. */
export function storedTitle(title: string): string | undefined {
  return nameWithin(title, MAX_TITLE_LENGTH)
}

/** A price that clients may send: a whole number of minor units, at least 1. */
export function isPrice(value: number): boolean {
  return isAmount(value) && value >= 1
}

function faultOfText({ title, description }: CreateAuction): Fault | undefined {
  if (storedTitle(title) === undefined) {
    return fault('title', `The title must have ${lengthRule(MAX_TITLE_LENGTH)}.`)
  }
  if (!isOptionalText(description, MAX_DESCRIPTION_LENGTH)) {
    return fault('description', `The description must have ${optionalTextRule(MAX_DESCRIPTION_LENGTH)}.`)
  }
  return undefined
}

function faultOfCurrency(
  { currency, currencyExponent }: CreateAuction,
  fixed: number | undefined,
): Fault | undefined {
  if (!isCurrency(currency)) {
    return fault('currency', CURRENCY_RULE)
  }
  const choice = chooseExponent(currency, currencyExponent, fixed)
  return choice.kind === 'fault' ? fault('currencyExponent', choice.reason) : undefined
}

function faultOfPrices({ startingPrice, reservePrice, buyNowPrice }: CreateAuction): Fault | undefined {
  if (!isPrice(startingPrice)) {
    return fault('startingPrice', 'The starting price must be a whole number, at least 1.')
  }
  if (reservePrice !== null && (!isPrice(reservePrice) || reservePrice < startingPrice)) {
    return fault('reservePrice', 'The reserve must be a whole number, at least the starting price.')
  }
  if (buyNowPrice === null) return undefined
  if (!isPrice(buyNowPrice) || !isThirtyPercentAbove(buyNowPrice, startingPrice)) {
    return fault('buyNowPrice', 'The buy-now price must be at least 130 % of the starting price.')
  }
  if (reservePrice !== null && buyNowPrice < reservePrice) {
    return fault('buyNowPrice', 'The buy-now price must be at least the reserve.')
  }
  return undefined
}

/** Uses BigInt: products of the largest amounts exceed 2^53. */
function isThirtyPercentAbove(price: number, startingPrice: number): boolean {
  return BigInt(price) * 10n >= BigInt(startingPrice) * 13n
}

function faultOfBands({ increments }: CreateAuction): Fault | undefined {
  if (increments === null) return undefined
  if (increments.length < 1 || increments.length > MAX_BANDS) {
    return fault('increments', `The increments must have 1 to ${MAX_BANDS} bands.`)
  }
  let previous = -1
  for (const { from, step } of increments) {
    if (!isAmount(from) || from <= previous) {
      return fault('increments', 'The bands of the increments must be ascending whole numbers, at least 0.')
    }
    if (!isPrice(step)) return fault('increments', 'Each step must be a whole number, at least 1.')
    previous = from
  }
  return undefined
}

function faultOfSoftClose({ softClose }: CreateAuction): Fault | undefined {
  if (softClose === null) return undefined
  const { windowMs, extensionMs, capMs } = softClose
  const holds = isDuration(windowMs, 1) && isDuration(extensionMs, 1) && isDuration(capMs, 0)
  if (holds) return undefined
  return fault(
    'softClose',
    `The soft close must be in whole milliseconds up to ${MAX_SOFT_CLOSE_MS}, its window and extension at least 1.`,
  )
}

function isDuration(value: number, least: number): boolean {
  return Number.isInteger(value) && value >= least && value <= MAX_SOFT_CLOSE_MS
}

function faultOfTimes({ startsAt, endsAt }: CreateAuction, now: Instant): Fault | undefined {
  if (endsAt <= now) return fault('endsAt', 'The end must be in the future.')
  if (isTooFarAhead(endsAt, now)) return fault('endsAt', TOO_FAR_AHEAD)
  if (startsAt !== null && endsAt <= startsAt) return fault('endsAt', 'The end must be after the start.')
  return undefined
}

function fault(field: string, reason: string): Fault {
  return { field, reason }
}
