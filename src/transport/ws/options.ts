import type { Logger } from 'pino'
import type { ClientKey } from '../../engine/session/client-key.ts'
import type { Sessions } from '../../engine/session/sessions.ts'
import type { SignIn } from '../../engine/session/sign-in.ts'
import type { Credential } from '../../platform/auth/credentials.ts'
import type { ClientAddress } from '../../platform/limits/client-address.ts'
import type { FairShare } from '../../platform/limits/fair-share.ts'
import type { Services } from '../../resolvers/services.ts'
import type { Operations } from '../graphql-operation.ts'
import type { OriginPolicy } from '../http/origin.ts'
import type { Mask } from '../masking.ts'

export interface WsServerOptions {
  readonly operations: Operations
  readonly services: Services
  readonly sessions: Sessions
  readonly clientAddress: ClientAddress
  /** Messages are handled in the fair share of their client. */
  readonly share: FairShare<ClientKey>
  readonly signIn: (credential: Credential) => Promise<SignIn>
  /** Called before each message; may close its connection. */
  readonly beforeMessage: () => void
  readonly origins: OriginPolicy
  readonly mask: Mask
  readonly log: Logger
  readonly maxMessageBytes: number
  readonly maxSendBufferBytes: number
}
