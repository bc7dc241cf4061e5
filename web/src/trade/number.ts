const format = new Intl.NumberFormat()
const signed = new Intl.NumberFormat(undefined, { signDisplay: 'exceptZero' })

/** An amount of a trade room, which has no currency. */
export function number(amount: number): string {
  return format.format(amount)
}

/** A dash where it is not known. */
export function numberIfKnown(amount: number | null): string {
  return amount === null ? '–' : format.format(amount)
}

/** +20, −3. */
export function gain(amount: number | null): string {
  return amount === null ? '–' : signed.format(amount)
}
