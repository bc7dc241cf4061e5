import type { RawData, WebSocket } from 'ws'
import type { Lane } from '../../platform/limits/fair-share.ts'

/** A socket with more queued messages than this is paused until they are handled. */
const MAX_QUEUED_MESSAGES = 32

/**
 * Handles the messages of `socket` in order, in the fair share of its client. Returns a function that drops queued
 * ones.
 */
export function receiveMessages(
  socket: WebSocket,
  lane: Lane,
  handle: (message: string) => void,
): () => void {
  socket.on('message', (data: RawData) => {
    lane.run(() => {
      handle(String(data))
      if (socket.isPaused && lane.length === 0) socket.resume()
    })
    if (lane.length > MAX_QUEUED_MESSAGES) socket.pause()
  })
  return () => lane.clear()
}
