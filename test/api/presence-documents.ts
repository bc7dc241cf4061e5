export const PRESENCE = `subscription ($roomId: ID!) { presence(roomId: $roomId) {
  roomId count users { user { id name } state since } at } }`
export const TYPING = `subscription ($roomId: ID!) { typing(roomId: $roomId) { roomId users { id name } at } }`
export const ONLINE_COUNT = `query ($roomId: ID!) { room(id: $roomId) { onlineCount } }`
export const SET_PRESENCE = `mutation ($roomId: ID!, $state: PresenceState!) { setPresence(roomId: $roomId, state: $state) }`
export const SET_TYPING = `mutation ($roomId: ID!, $typing: Boolean!) { setTyping(roomId: $roomId, typing: $typing) }`

/** What PRESENCE brings. */
export interface Presence {
  readonly roomId: string
  readonly count: number
  readonly users: readonly {
    readonly user: { readonly id: string; readonly name: string }
    readonly state: string
    readonly since: string
  }[]
  readonly at: string
}

/** What TYPING brings. */
export interface Typing {
  readonly roomId: string
  readonly users: readonly { readonly id: string; readonly name: string }[]
  readonly at: string
}

/** `ann ONLINE`, in the order of the list; nobody where nothing has come. */
export function presentIn(shown: Presence | undefined): readonly string[] {
  return shown === undefined ? [] : shown.users.map(({ user, state }) => `${user.id} ${state}`)
}
