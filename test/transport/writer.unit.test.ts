import { Writable } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, test, vi } from 'vitest'
import { payloadOf } from '../../src/engine/hub/delivery.ts'
import { type FrameTemplate, type OperationIdSlot, Writer } from '../../src/transport/writer.ts'
import { idSlotOf, nextFrames } from '../../src/transport/ws/frame.ts'

/** A peer that accepts everything, or nothing while held: then it keeps the bytes, like the kernel. */
function createPeer({ isHeld = false } = {}) {
  const kept: Buffer[] = []
  const copies: string[] = []
  let release: (() => void) | undefined
  const stream = new Writable({
    write(chunk: Buffer, _encoding, taken) {
      kept.push(chunk)
      copies.push(chunk.toString())
      if (isHeld) release = taken
      else taken()
    },
  })
  return {
    stream,
    copies,
    get kept() {
      return kept.map(String)
    },
    release() {
      release?.()
    },
  }
}

const MANY = { maxBufferBytes: 1_000_000, onOverflow: () => {} }
const idSlotFor = (text: string): OperationIdSlot => ({ text, length: Buffer.byteLength(text) })
const templateOf = (text: string): FrameTemplate => ({
  bytes: Buffer.from(text),
  offsets: [...text.matchAll(/__/g)].map(({ index }) => index),
})

describe('A writer', () => {
  test('writes everything of one tick at once, in order', async () => {
    const peer = createPeer()
    const writer = new Writer(peer.stream, MANY)
    writer.write(Buffer.from('a'))
    writer.writeTemplate(templateOf('<__>'), idSlotFor('01'))
    writer.writeTemplate(templateOf('[__]'), idSlotFor('01'))
    writer.write(Buffer.from('z'))
    expect(peer.copies).toEqual([])
    await turn()
    expect(peer.copies).toEqual(['a<01>[01]z'])
    expect(writer.queuedBytes).toBe(0)
  })

  test('gives each peer its own id, even if one does not accept the bytes at once', async () => {
    const template = templateOf('<__|__>')
    const peers = [createPeer(), createPeer({ isHeld: true }), createPeer({ isHeld: true }), createPeer()]
    for (const [index, { stream }] of peers.entries()) {
      new Writer(stream, MANY).writeTemplate(template, idSlotFor(`0${index}`))
    }
    await turn()
    const expected = peers.map((_, index) => `<0${index}|0${index}>`)
    expect(peers.flatMap(({ copies }) => copies)).toEqual(expected)
    expect([peers[1]?.kept, peers[2]?.kept]).toEqual([[expected[1]], [expected[2]]])
  })

  test('wakes waiters when the peer has accepted the queue', async () => {
    const peer = createPeer({ isHeld: true })
    const writer = new Writer(peer.stream, MANY)
    writer.write(Buffer.alloc(100_000))
    expect(writer.isCongested()).toBe(true)
    const onDrained = vi.fn()
    void writer.drained().then(onDrained)
    await turn()
    expect(onDrained).not.toHaveBeenCalled()
    peer.release()
    await turn()
    expect(onDrained).toHaveBeenCalledOnce()
  })

  test('writes large chunks immediately, after earlier ones', () => {
    const peer = createPeer()
    const writer = new Writer(peer.stream, MANY)
    writer.write(Buffer.from('a'))
    writer.writeTemplate(templateOf(`${'_'.repeat(2)}${'.'.repeat(10_000)}`), idSlotFor('01'))
    expect(peer.copies).toEqual([`a01${'.'.repeat(10_000)}`])
    expect([writer.queuedBytes, writer.isCongested()]).toEqual([0, false])
  })

  test('gives up a peer whose queue exceeds the limit, and drops the queue', async () => {
    const onOverflow = vi.fn()
    const peer = createPeer({ isHeld: true })
    const writer = new Writer(peer.stream, { maxBufferBytes: 100, onOverflow })
    for (let count = 0; count < 50; count += 1) writer.writeTemplate(templateOf('<__>'), idSlotFor('01'))
    await turn()
    expect(onOverflow).toHaveBeenCalledOnce()
    await writer.drained()
    expect(writer.isCongested()).toBe(false)
  })
})

/** Reads unmasked text messages. */
function messagesIn(bytes: Buffer): unknown[] {
  const messages: unknown[] = []
  let at = 0
  while (at < bytes.length) {
    expect(bytes[at]).toBe(0x81)
    const short = bytes.readUInt8(at + 1)
    const [length, head] =
      short < 126
        ? [short, 2]
        : short === 126
          ? [bytes.readUInt16BE(at + 2), 4]
          : [Number(bytes.readBigUInt64BE(at + 2)), 10]
    messages.push(JSON.parse(String(bytes.subarray(at + head, at + head + length))))
    at += head + length
  }
  return messages
}

test.each([['1'], ['"\\ ü 💥'], ['5f3b1b0c-9f9e-4b50-9ca5-6d2b9a3f0c11']])(
  'The messages of operation %s are complete, at any length',
  async (id) => {
    const texts = ['', 'x', 'ü'.repeat(30), 'y'.repeat(60), 'y'.repeat(126), 'z'.repeat(70_000)]
    const results = texts.flatMap(
      (text) => payloadOf(Buffer.from(JSON.stringify({ data: text })), null).results,
    )
    const mark = idSlotOf(id)
    const written: Buffer[] = []
    const stream = new Writable({ write: (chunk, _, taken) => taken(void written.push(Buffer.from(chunk))) })
    new Writer(stream, MANY).writeTemplate(nextFrames({ results }, mark.length), mark)
    await turn()
    expect(messagesIn(Buffer.concat(written))).toEqual(
      texts.map((data) => ({ id, type: 'next', payload: { data } })),
    )
  },
)
