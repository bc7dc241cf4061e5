import { describe, expect, test } from 'vitest'
import { readCommandLine, rotated } from '../../bench/run/command-line.ts'
import {
  bestOf,
  burstOf,
  type LoadPlan,
  mostOf,
  type Phase,
  readFigures,
  remarksOn,
  wordsOfPlan,
} from '../../bench/run/load.ts'
import { lengthOf } from '../../bench/systems/peer.ts'

const PHASE: Phase = {
  kind: 'ramp',
  entriesPerSecond: 10,
  published: 20,
  refused: 0,
  expected: 20_000,
  received: 20_000,
  unexpected: 0,
  deliveriesPerSecond: 10_000,
  p50Ms: 1,
  p99Ms: 2,
  answerP50Ms: 1,
  answerP99Ms: 2,
  serverCpu: 0.5,
  generatorCpu: 0.2,
  cpuMicrosPerDelivery: 5,
  isSustained: true,
}

/** As the generator prints it. */
function printed(changes: object = {}, phases: readonly Partial<Phase>[] = []): string {
  const made = phases.map((phase) => ({ ...PHASE, ...phase }))
  const whole = { connections: 1_000, connected: 1_000, unexpected: 0, dead: 0, connectGeneratorCpu: 0.1 }
  return JSON.stringify({ ...whole, phases: made, ...changes })
}

describe('what the generator printed', () => {
  test('has the highest rate that was sustained for its best, overload and burst aside', () => {
    const figures = readFigures(
      printed({}, [
        { deliveriesPerSecond: 10_000 },
        { deliveriesPerSecond: 20_000 },
        { deliveriesPerSecond: 30_000, isSustained: false },
        { deliveriesPerSecond: 40_000, kind: 'overload' },
        { deliveriesPerSecond: 90_000, kind: 'burst' },
      ]),
    )
    expect(bestOf(figures)?.deliveriesPerSecond).toBe(20_000)
    expect(mostOf(figures)).toBe(40_000)
    expect(burstOf(figures)).toBe(90_000)
  })

  test('has no best where nothing was sustained', () => {
    expect(bestOf(readFigures(printed({}, [{ isSustained: false }])))).toBeUndefined()
  })

  test.each([{ connected: 999 }, { dead: 1 }])('counts for nothing with %o', (changes) => {
    expect(() => readFigures(printed(changes))).toThrow('of 1000 connections came up')
  })

  test('is without remarks where all is well', () => {
    expect(remarksOn(readFigures(printed({}, [{ kind: 'fixed' }, {}])))).toEqual([])
  })

  test('tells deliveries that are missing at a fixed rate, but not where the ramp ended', () => {
    const figures = readFigures(
      printed({}, [
        { kind: 'fixed', received: 19_999 },
        { received: 5, isSustained: false },
      ]),
    )
    expect(remarksOn(figures)).toEqual(['19999 of 20000 deliveries came'])
  })

  test('tells what came uncalled, what was refused, and when the generator itself was the limit', () => {
    const figures = readFigures(printed({ unexpected: 2 }, [{ refused: 3, generatorCpu: 0.97 }]))
    expect(remarksOn(figures)).toEqual([
      '2 unexpected messages',
      '3 publications refused',
      'the generator was the limit',
    ])
  })
})

describe('the command line of the generator', () => {
  const PLAN: LoadPlan = {
    ports: [4001, 4002],
    pids: [7],
    protocol: 'graphql',
    path: '/graphql',
    connections: 10,
    topics: 'topics',
    tokens: 'tokens',
    queries: 'queries',
  }

  test('names what is set, and nothing else', () => {
    expect(wordsOfPlan(PLAN).join(' ')).toBe(
      '--port 4001,4002 --pid 7 --protocol graphql --path /graphql --connections 10 --topics topics --tokens tokens --queries queries',
    )
  })

  test('has what is to be published at its end', () => {
    const pace = { ramp: 5, factor: 2, seconds: 1, hasOverload: true, burst: 9 }
    const publishing = { request: 'POST', port: 4001, connections: 2, pace }
    expect(
      wordsOfPlan({ ...PLAN, publishing })
        .slice(-15)
        .join(' '),
    ).toBe(
      '--publish POST --publish-port 4001 --publish-connections 2 --ramp 5 --factor 2 --seconds 1 --burst 9 --overload',
    )
  })

  test('is given the length that a request has when its placeholders are filled', () => {
    expect(lengthOf('{topic} {time} {number}', 'r0001')).toBe(5 + 1 + 16 + 1 + 10)
  })
})

describe('the command line of the benchmark', () => {
  const KNOWN = { scenarios: ['fanout', 'rooms'], systems: ['rostrum', 'yoga'] }

  test('asks for everything where it names nothing', () => {
    expect(readCommandLine([], KNOWN)).toEqual({
      scenarios: [],
      systems: undefined,
      isQuick: false,
      isProfiled: false,
      rounds: 5,
    })
  })

  test('names scenarios and systems', () => {
    const words = ['fanout', '--quick', '--systems', 'yoga,rostrum', '--profile', '--rounds', '2']
    expect(readCommandLine(words, KNOWN)).toEqual({
      scenarios: ['fanout'],
      systems: ['yoga', 'rostrum'],
      isQuick: true,
      isProfiled: true,
      rounds: 2,
    })
  })

  test.each([[['fanuot']], [['--systems', 'yoga,nobody']], [['--rounds', '0']], [['--fast']]])(
    'is refused with what is not there: %j',
    (words) => {
      expect(() => readCommandLine(words, KNOWN)).toThrow()
    },
  )
})

describe('systems that take turns', () => {
  test('are begun with another one each round', () => {
    expect([0, 1, 3].map((round) => rotated(['a', 'b', 'c'], round).join(''))).toEqual(['abc', 'bca', 'abc'])
  })
})
