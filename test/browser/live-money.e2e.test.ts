import { describe, expect, test } from 'vitest'
import { CAN_BID, makeSale, openLive, signIn, TOO_WIDE, textOf, useDemo } from '../support/live.ts'
import { placeBid } from '../support/rooms.ts'

const demo = useDemo()

/** The elements that hold an amount or the countdown, where their text reaches beyond them, their card or the page. */
const CUT_OFF = `[...document.querySelectorAll(
    '#price, #countdown, .quick button, #bids li > :first-child, #ranking li > :nth-child(3), #lots .row > .soft, #lot-standing')]
  .filter((element) => {
    const card = (element.closest('.scroll') ?? element.closest('section')).getBoundingClientRect()
    const range = document.createRange()
    range.selectNodeContents(element)
    const { left, right } = range.getBoundingClientRect()
    return element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).display !== 'inline'
      || left < card.left - 1 || right > card.right + 1 || right > innerWidth + 1
  })
  .map((element) => element.outerHTML.slice(0, 120))`

/** Where the price and the countdown lie over each other. */
const OVERLAP = `(() => {
  const [price, clock] = ['price', 'countdown'].map((id) => document.getElementById(id).getBoundingClientRect())
  return price.right > clock.left + 1 && price.bottom > clock.top + 1 && clock.bottom > price.top + 1 })()`

const SIZES = [
  ['a phone', 390, 844, '100%'],
  ['a phone with text of twice the size', 390, 844, '200%'],
  ['a tablet', 820, 1180, '100%'],
  ['a small desk', 1024, 768, '100%'],
  ['a desk', 1440, 900, '100%'],
  ['a desk with text of twice the size', 1440, 900, '200%'],
  ['a wide desk', 2560, 1440, '100%'],
] as const

describe.each([
  ['USD', 12_345_678_90],
  ['JPY', 12_345_678],
  ['KWD', 12_345_678_901],
] as const)('Eight digits of %s', (currency, startingPrice) => {
  test('are never cut off, and cover nothing', { timeout: 120_000 }, async () => {
    const { id, path } = await makeSale(demo.node, demo.seller, ['A palace'], { currency, startingPrice })
    const rivals = [
      await demo.node.token('rival-1', { name: 'Somebody with a name that goes on and on' }),
      await demo.node.token('rival-2', { name: 'שרה כהן' }),
    ]
    for (const [index, rival] of rivals.entries()) {
      await placeBid(demo.node, rival, { auctionId: id, amount: startingPrice * (index + 1) })
    }
    const page = await openLive(demo.chromium, demo.node.url + path)
    await signIn(page, 'Ada', true)
    await page.until(`${CAN_BID} && document.querySelectorAll('#ranking li').length === 2`)
    await page.until(`document.querySelector('#lot-standing') !== null`)
    expect(await page.evaluate(textOf('price'))).toMatch(/24[.,]691[.,]35/)
    for (const [name, width, height, size] of SIZES) {
      await page.evaluate(`document.documentElement.style.fontSize = '${size}'`)
      await page.resize(width, height)
      await page.evaluate('new Promise((resolve) => setTimeout(resolve, 150))')
      expect(await page.evaluate(CUT_OFF), name).toEqual([])
      expect(await page.evaluate(OVERLAP), name).toBe(false)
      expect(await page.evaluate(TOO_WIDE), name).toEqual([])
    }
    expect(page.faults).toEqual([])
  })
})
