import { describe } from 'vitest'
import { testFaults } from './fault-tests.ts'
import { FAULTS } from './faults.ts'

/** In a separate file, so that they run in parallel with the others. */
describe('A deployment whose database is replaced, or whose clients ask too much', () => {
  testFaults(FAULTS.filter(({ number }) => number > 18))
})
