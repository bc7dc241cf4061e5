import { useSyncExternalStore } from 'react'

/** The room of the demo, where the address names no other. */
const DEMO_ROOM = 'room_demo'
const MOVED = 'rostrum-moved'

const read = (): string => new URLSearchParams(location.search).get('room') ?? DEMO_ROOM

function listen(hear: () => void): () => void {
  addEventListener('popstate', hear)
  addEventListener(MOVED, hear)
  return () => {
    removeEventListener('popstate', hear)
    removeEventListener(MOVED, hear)
  }
}

export function addressOf(roomId: string): string {
  return `/?${new URLSearchParams({ room: roomId })}`
}

/** The room that the address names: /?room=… */
export function useRoomOfAddress(): string {
  return useSyncExternalStore(listen, read)
}

/** Goes to a room without loading the page anew. */
export function goTo(roomId: string): void {
  history.pushState(null, '', addressOf(roomId))
  dispatchEvent(new Event(MOVED))
}
