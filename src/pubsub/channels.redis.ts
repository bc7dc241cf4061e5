import { Listeners } from '../engine/kernel/listeners.ts'
import type { Topic } from '../engine/kernel/topic.ts'
import type { Unsubscribe } from './bus.ts'
import type { Link } from './link.redis.ts'

type Listener = (message: string) => void

interface Channel {
  readonly listeners: Listeners<Listener>
  /** Settles when the attempt to subscribe through the current link is over. */
  opened: Promise<void>
  state:
    | { readonly kind: 'opening' }
    | { readonly kind: 'live'; stop: Unsubscribe }
    | { readonly kind: 'dead' }
}

/**
 * The subscriptions of this node. However many listeners a topic has, Redis sees one subscription: it is opened
 * with the first listener, closed with the last, and never both at once, which RedisPubSub would mix up.
 */
export interface Channels {
  /** Resolves when live through `link`; rejects if the link ends first. */
  join(link: Link, topic: Topic, listener: Listener): Promise<Unsubscribe>
  /** Resolves when all topics with listeners are live through `link`, which replaces an ended one. */
  restore(link: Link): Promise<void>
}

export function createChannels(prefix: string, onFault: (fault: unknown) => void): Channels {
  const channels = new Map<Topic, Channel>()

  async function open(link: Link, topic: Topic, channel: Channel): Promise<void> {
    channel.state = { kind: 'opening' }
    try {
      const stop = await link.subscribe(prefix + topic, (message) =>
        channel.listeners.tell((listener) => listener(message)),
      )
      channel.state = { kind: 'live', stop }
    } catch (fault) {
      channel.state = { kind: 'dead' }
      throw fault
    } finally {
      dropWhenUnused(topic, channel)
    }
  }

  /** An opening channel stays until Redis has answered: a new listener joins it instead of subscribing again. */
  function dropWhenUnused(topic: Topic, channel: Channel): void {
    if (channel.listeners.size > 0 || channel.state.kind === 'opening') return
    if (channels.get(topic) === channel) channels.delete(topic)
    if (channel.state.kind === 'live') channel.state.stop()
    channel.state = { kind: 'dead' }
  }

  function channelOf(link: Link, topic: Topic): Channel {
    const known = channels.get(topic)
    if (known !== undefined) return known
    const made: Channel = {
      listeners: new Listeners(onFault),
      opened: Promise.resolve(),
      state: { kind: 'opening' },
    }
    channels.set(topic, made)
    made.opened = open(link, topic, made)
    return made
  }

  return {
    async join(link, topic, listener) {
      const channel = channelOf(link, topic)
      const own: Listener = (message) => listener(message)
      channel.listeners.add(own)
      const leave = () => {
        channel.listeners.remove(own)
        dropWhenUnused(topic, channel)
      }
      try {
        await channel.opened
      } catch (fault) {
        leave()
        throw fault
      }
      return leave
    },

    async restore(link) {
      const reopened = [...channels].map(([topic, channel]) => {
        channel.opened = open(link, topic, channel)
        return channel.opened
      })
      await Promise.all(reopened)
    },
  }
}
