import { customType } from 'drizzle-orm/pg-core'
import { formatInstant, type Instant, instant } from '../kernel/instant.ts'

/** A timestamp with time zone in milliseconds, mapped to an Instant. */
export const instantColumn = customType<{ data: Instant; driverData: string }>({
  dataType: () => 'timestamp(3) with time zone',
  toDriver: (value) => formatInstant(value),
  fromDriver: (value) => instant(Date.parse(value)),
})
