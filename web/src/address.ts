import { useSyncExternalStore } from 'react'

/** The room to show if the URL names none. */
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

/** The room in the URL: /?room=… */
export function useRoomOfAddress(): string {
  return useSyncExternalStore(listen, read)
}

/** Navigates to a room without reloading the page. */
export function goTo(roomId: string): void {
  history.pushState(null, '', addressOf(roomId))
  dispatchEvent(new Event(MOVED))
}
