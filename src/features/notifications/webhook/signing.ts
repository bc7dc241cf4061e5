import { Webhook } from 'standardwebhooks'
import type { Instant } from '../../../engine/kernel/instant.ts'

/** Signs messages according to the Standard Webhooks specification (https://www.standardwebhooks.com). */
export interface Signer {
  /** The headers of one attempt: `webhook-id` is the same for all attempts, so that a receiver can detect repeats. */
  headers(id: string, at: Instant, body: string): Readonly<Record<string, string>>
}

/**
 * `secret`: base64, with or without the prefix `whsec_`; any other text is used verbatim. Null: the signature is
 * omitted.
 */
export function createSigner(secret: string | null): Signer {
  const webhook = secret === null ? null : webhookOf(secret)
  return {
    headers(id, at, body) {
      const named = { 'webhook-id': id, 'webhook-timestamp': String(Math.floor(at / 1000)) }
      if (webhook === null) return named
      return { ...named, 'webhook-signature': webhook.sign(id, new Date(at), body) }
    },
  }
}

function webhookOf(secret: string): Webhook {
  try {
    return new Webhook(secret)
  } catch {
    return new Webhook(secret, { format: 'raw' })
  }
}
