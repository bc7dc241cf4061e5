import { describe } from 'vitest'
import { testFaults } from './fault-tests.ts'
import { FAULTS } from './faults.ts'

describe('A deployment in a burst of mutations', () => {
  testFaults(FAULTS.filter(({ number }) => number <= 18))
})
