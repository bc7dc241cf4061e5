const formats = new Map<string, Intl.NumberFormat>()

function formatOf(currency: string): Intl.NumberFormat {
  const known = formats.get(currency)
  if (known !== undefined) return known
  const format = new Intl.NumberFormat(undefined, { style: 'currency', currency })
  formats.set(currency, format)
  return format
}

/** How many digits of `currency` stand behind the point: 2 of euros, none of yen. */
export function digitsOf(currency: string): number {
  return formatOf(currency).resolvedOptions().maximumFractionDigits ?? 2
}

/** `minorUnits` for people to read. */
export function money(minorUnits: number, currency: string): string {
  return formatOf(currency).format(minorUnits / 10 ** digitsOf(currency))
}

/** What people wrote, in minor units. */
export function minorUnits(written: number, currency: string): number {
  return Math.round(written * 10 ** digitsOf(currency))
}

/** `minorUnits` as a field for numbers takes it. */
export function plain(minorUnits: number, currency: string): string {
  const digits = digitsOf(currency)
  return (minorUnits / 10 ** digits).toFixed(digits)
}
