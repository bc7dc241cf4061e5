import type { Person } from '../../../../engine/kernel/person.ts'
import type { Marks } from './marks.ts'

/** A member's marks right after they moved. Appended as an entry only if receipts are shown. */
export interface ReceiptEvent extends Marks {
  readonly type: 'ReceiptAdvanced'
  readonly user: Person
  readonly isShown: boolean
}
