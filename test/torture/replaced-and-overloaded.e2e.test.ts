import { describe } from 'vitest'
import { testFaults } from './fault-tests.ts'
import { FAULTS } from './faults.ts'

/** In a file of their own, so that they run at the same time as the others. */
describe('A deployment whose database is replaced, or whose clients ask too much', () => {
  testFaults(FAULTS.filter(({ number }) => number > 18))
})
