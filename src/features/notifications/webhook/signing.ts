import { Webhook } from 'standardwebhooks'
import type { Instant } from '../../../engine/kernel/instant.ts'

/** Signs messages as the Standard Webhooks specification has it (https://www.standardwebhooks.com). */
export interface Signer {
  /** The headers of one attempt: `webhook-id` stays the same over all, so that a receiver knows a repetition. */
  headers(id: string, at: Instant, body: string): Readonly<Record<string, string>>
}

/**
 * `secret`: base64, with or without `whsec_` before it; any other text is taken as it is. Null: the signature is left
 * out.
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
