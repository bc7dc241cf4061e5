import { expect, test, vi } from 'vitest'
import { atEndOfTurn } from '../../../src/engine/kernel/end-of-tick.ts'
import { Listeners } from '../../../src/engine/kernel/listeners.ts'

test('Listeners hear all that the others fail at, and each fault is reported with whose it is', () => {
  const faults: unknown[] = []
  const listeners = new Listeners<string>((fault, listener) => faults.push([String(fault), listener]))
  for (const name of ['a', 'b', 'c']) listeners.add(name)
  const heard: string[] = []
  listeners.tell((name) => {
    if (name === 'b') throw new Error('no')
    heard.push(name)
  })
  expect(heard).toEqual(['a', 'c'])
  expect(faults).toEqual([['Error: no', 'b']])
})

test('A fault of who handles faults is thrown once all have heard', () => {
  const listeners = new Listeners<string>(() => {
    throw new Error('not handled')
  })
  for (const name of ['a', 'b']) listeners.add(name)
  const heard: string[] = []
  const tell = () =>
    listeners.tell((name) => {
      heard.push(name)
      throw new Error('no')
    })
  expect(tell).toThrow('not handled')
  expect(heard).toEqual(['a', 'b'])
})

test('Tasks at the end of a turn run whatever one of them throws, and that is thrown then', async () => {
  const uncaught = vi.fn()
  const others = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  process.once('uncaughtException', uncaught)
  const ran: string[] = []
  atEndOfTurn(() => {
    throw new Error('a task failed')
  })
  atEndOfTurn(() => void ran.push('second'))
  await vi.waitFor(() => expect(uncaught).toHaveBeenCalledOnce())
  for (const listener of others) process.on('uncaughtException', listener)
  expect(ran).toEqual(['second'])
  atEndOfTurn(() => void ran.push('later'))
  await vi.waitFor(() => expect(ran).toEqual(['second', 'later']))
})
