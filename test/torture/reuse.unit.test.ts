import { describe, expect, test } from 'vitest'
import { faultsOfFrames, type Use, type UseFrame } from './reuse.ts'

const abandoned = (kind: Use['kind']): Use => ({ kind, isAbandoned: true })
const awaited = (kind: Use['kind']): Use => ({ kind, isAbandoned: false })
const next = (use: number): UseFrame => ({ kind: 'next', use })
const pong = (use: number): UseFrame => ({ kind: 'pong', use })
const complete: UseFrame = { kind: 'complete' }

describe('The frames of an id that is used again', () => {
  test('are right where each use has its own answer', () => {
    const uses = [abandoned('subscription'), awaited('query'), awaited('mutation')]
    const frames = [
      pong(0),
      next(0),
      next(0),
      pong(1),
      next(1),
      complete,
      pong(2),
      next(2),
      complete,
      pong(3),
    ]

    expect(faultsOfFrames(uses, frames)).toEqual([])
  })

  test('may bring an answer that was on its way when it was abandoned', () => {
    const uses = [abandoned('query'), awaited('query')]

    expect(faultsOfFrames(uses, [pong(0), next(0), complete, pong(1), next(1), complete])).toEqual([])
    expect(faultsOfFrames(uses, [pong(0), next(1), pong(1), complete, pong(2)])).toEqual([])
  })

  test('are wrong where an answer comes under a later use', () => {
    const uses = [abandoned('query'), awaited('query')]
    const frames = [pong(0), pong(1), next(0), complete]

    expect(faultsOfFrames(uses, frames)).toEqual([
      'query 0 was answered under a later use of its id.',
      'query 1 was not answered.',
    ])
  })

  test('are wrong where a subscription is completed by what came before it, and continues', () => {
    const uses = [abandoned('subscription'), abandoned('subscription')]
    const frames = [pong(0), next(0), pong(1), complete, next(1), pong(2)]

    expect(faultsOfFrames(uses, frames)).toContain('Subscription 1 was completed by the server.')
  })

  test('are wrong where anything comes after all was abandoned', () => {
    const uses = [abandoned('subscription')]

    expect(faultsOfFrames(uses, [pong(0), next(0), pong(1), next(0)])).toEqual([
      'subscription 0 was answered under a later use of its id.',
    ])
    expect(faultsOfFrames(uses, [pong(0), pong(1), complete])).toEqual([
      'A completion came that nobody asked for.',
    ])
  })

  test('are wrong where an operation is refused, answered twice, or never', () => {
    expect(faultsOfFrames([awaited('query')], [pong(0), { kind: 'error' }])).toContain(
      'An operation was refused.',
    )
    expect(faultsOfFrames([awaited('query')], [pong(0), next(0), next(0), complete])).toContain(
      'query 0 was answered 2 times.',
    )
    expect(faultsOfFrames([awaited('subscription')], [pong(0)])).toEqual(['Subscription 0 brought nothing.'])
  })
})
