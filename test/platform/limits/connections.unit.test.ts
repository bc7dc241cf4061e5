import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Connections, createConnections, type Place } from '../../../src/platform/limits/connections.ts'

const ignore = (): void => {}

function placeOf(entered: ReturnType<Connections['enterUnknown']>): Place {
  if (typeof entered === 'string') throw new Error(entered)
  return entered
}

describe('Connections to a node', () => {
  test('reserve a tenth of the slots for signed-in clients', () => {
    const connections = createConnections({ maxConnections: 20, maxConnectionsPerAddress: 100 })
    for (let each = 0; each < 18; each += 1) placeOf(connections.enterVisitor(`10.0.0.${each}`))
    expect(connections.enterVisitor('10.0.1.1')).toBe('node-full')
    placeOf(connections.enterSignedIn('10.0.1.1'))
    placeOf(connections.enterSignedIn('10.0.1.1'))
    expect(connections.enterSignedIn('10.0.1.1')).toBe('node-full')
    expect(connections.enterUnknown('10.0.1.1', ignore)).toBe('node-full')
  })

  test('bound the visitors of one address, and not the signed-in behind it', () => {
    const connections = createConnections({ maxConnections: 1000, maxConnectionsPerAddress: 2 })
    const first = placeOf(connections.enterVisitor('10.0.0.1'))
    placeOf(connections.enterUnknown('10.0.0.1', ignore))
    expect(connections.enterVisitor('10.0.0.1')).toBe('address-full')
    placeOf(connections.enterVisitor('10.0.0.2'))
    placeOf(connections.enterSignedIn('10.0.0.1'))
    first.leave()
    placeOf(connections.enterVisitor('10.0.0.1'))
  })

  test('admit a client of a full address until it says who it is: signed in it stays, as a visitor it does not', () => {
    const connections = createConnections({ maxConnections: 1000, maxConnectionsPerAddress: 1 })
    const visitor = placeOf(connections.enterVisitor('10.0.0.1'))
    const [user, another] = [
      placeOf(connections.enterUnknown('10.0.0.1', ignore)),
      placeOf(connections.enterUnknown('10.0.0.1', ignore)),
    ]
    user.signIn()
    expect(another.stay()).toBe(false)
    visitor.leave()
    expect(another.stay()).toBe(true)
    expect(connections.enterVisitor('10.0.0.1')).toBe('address-full')
  })

  test('admit a new client while silent clients hold all slots: the oldest of these is evicted', () => {
    const connections = createConnections({ maxConnections: 30, maxConnectionsPerAddress: 100 })
    const evicted: number[] = []
    for (let each = 0; each < 200; each += 1) {
      placeOf(connections.enterUnknown('10.0.0.1', () => evicted.push(each)))
    }
    expect(connections.count).toBe(30)
    const user = placeOf(connections.enterUnknown('10.0.0.2', ignore))
    user.signIn()
    expect(connections.count).toBe(30)
    // Those within the share of visitors stay.
    expect(evicted).toEqual(Array.from({ length: 171 }, (_, index) => 27 + index))
  })

  test('a visitor who signs in makes room for another', () => {
    const connections = createConnections({ maxConnections: 1000, maxConnectionsPerAddress: 1 })
    const place = placeOf(connections.enterVisitor('10.0.0.1'))
    place.signIn()
    placeOf(connections.enterVisitor('10.0.0.1'))
  })

  test('count what is open, in whatever order clients come, sign in, stay and leave', () => {
    const step = fc.tuple(
      fc.constantFrom('unknown', 'visitor', 'user', 'sign in', 'stay', 'leave'),
      fc.nat(20),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const connections = createConnections({ maxConnections: 10, maxConnectionsPerAddress: 3 })
        const open = new Set<Place>()
        const enter = (entered: ReturnType<Connections['enterUnknown']>): void => {
          if (typeof entered !== 'string') open.add(entered)
        }
        for (const [kind, number] of steps) {
          const address = `10.0.0.${number % 3}`
          const place = [...open][number % Math.max(1, open.size)]
          if (kind === 'unknown') {
            let entered: ReturnType<Connections['enterUnknown']> | undefined
            entered = connections.enterUnknown(address, () => {
              if (typeof entered === 'object') open.delete(entered)
            })
            enter(entered)
          } else if (kind === 'visitor') enter(connections.enterVisitor(address))
          else if (kind === 'user') enter(connections.enterSignedIn(address))
          else if (kind === 'sign in') place?.signIn()
          else if (kind === 'stay') place?.stay()
          else if (place !== undefined) {
            place.leave()
            open.delete(place)
          }
          expect(connections.count).toBe(open.size)
          expect(connections.count).toBeLessThanOrEqual(10)
        }
        for (const place of open) place.leave()
        // Nothing is left behind: the whole share of visitors is free.
        for (let each = 0; each < 9; each += 1) placeOf(connections.enterVisitor(`10.1.0.${each}`))
      }),
    )
  })
})
