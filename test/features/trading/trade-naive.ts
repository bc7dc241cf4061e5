/** A fill as a random run makes one. */
export interface NaiveFill {
  readonly side: 'BUY' | 'SELL'
  readonly quantity: number
  readonly price: number
}

interface Fraction {
  readonly over: bigint
  /** Above zero. */
  readonly under: bigint
}

/** What all fills together come to by average cost in fractions: nothing is ever rounded. */
interface NaivePosition {
  readonly quantity: bigint
  readonly cost: Fraction
  readonly realized: Fraction
  /** How often a part was closed since the position was last at zero, or went through it. */
  readonly partsClosed: number
}

const NOTHING: Fraction = { over: 0n, under: 1n }

function plus(one: Fraction, other: Fraction): Fraction {
  return reduced(one.over * other.under + other.over * one.under, one.under * other.under)
}

function times({ over, under }: Fraction, factor: bigint, divisor = 1n): Fraction {
  return reduced(over * factor, under * divisor)
}

function reduced(over: bigint, under: bigint): Fraction {
  let [common, rest] = [over < 0n ? -over : over, under]
  while (rest !== 0n) [common, rest] = [rest, common % rest]
  return { over: over / common, under: under / common }
}

const whole = (value: bigint): Fraction => ({ over: value, under: 1n })

/** How far a whole number is from a fraction, at most `halves` halves. */
export function isWithin(value: bigint, { over, under }: Fraction, halves: number): boolean {
  const distance = value * under - over
  return 2n * (distance < 0n ? -distance : distance) <= BigInt(halves) * under
}

/** All fills, from the first. What is closed takes its share of the cost out of it. */
export function naivePosition(fills: readonly NaiveFill[]): NaivePosition {
  let position: NaivePosition = { quantity: 0n, cost: NOTHING, realized: NOTHING, partsClosed: 0 }
  for (const { side, quantity, price } of fills) {
    let left = BigInt(quantity)
    const direction = side === 'BUY' ? 1n : -1n
    const held = position.quantity * direction
    if (held < 0n) {
      const closed = left < -held ? left : -held
      const taken = times(position.cost, closed, -held)
      const gain = plus(whole(-direction * closed * BigInt(price)), times(taken, direction))
      position = {
        quantity: position.quantity + direction * closed,
        cost: plus(position.cost, times(taken, -1n)),
        realized: plus(position.realized, gain),
        partsClosed: closed === -held ? 0 : position.partsClosed + 1,
      }
      left -= closed
    }
    position = {
      ...position,
      quantity: position.quantity + direction * left,
      cost: plus(position.cost, whole(left * BigInt(price))),
    }
  }
  return position
}

/** What came in by all sales less what went out by all purchases. */
export function cashOf(fills: readonly NaiveFill[]): bigint {
  return fills.reduce((cash, { side, quantity, price }) => {
    const value = BigInt(quantity) * BigInt(price)
    return side === 'SELL' ? cash + value : cash - value
  }, 0n)
}
