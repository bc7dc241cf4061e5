import { isPrivileged } from '../../engine/kernel/actor.ts'
import type { SignIn } from '../../engine/session/sign-in.ts'
import { type Credential, tokenFromAuthorization } from '../../platform/auth/credentials.ts'
import { actorOf, type Viewer } from '../../platform/auth/viewer.ts'
import type { BroadcastAnswer } from '../../resolvers/broadcast.ts'
import type { Mask } from '../masking.ts'
import { type Endpoint, type Exchange, jsonOf, READ } from './endpoint.ts'
import { answerJson, answerText } from './json.ts'

export interface OperatorsOptions {
  readonly signIn: (credential: Credential) => Promise<SignIn>
  readonly mask: Mask
  readonly metrics: { readonly contentType: string; text(): Promise<string> }
  /** What goes on here, as JSON. */
  readonly stats: () => object
  /** What went on here in the last quarter of an hour, as JSON. */
  readonly history: () => object
  /** Whether the user with `id` is known, and how many connections they have, as JSON. */
  readonly user: (id: string | null) => Promise<object>
  /** `body`: JSON, unchecked. */
  readonly broadcast: (body: unknown, viewer: Viewer, signal: AbortSignal) => Promise<BroadcastAnswer>
}

const CHALLENGE = { 'www-authenticate': 'Bearer' }
const STATUS_OF: Readonly<Record<string, number>> = {
  UNAVAILABLE: 503,
  RATE_LIMITED: 429,
  FORBIDDEN: 403,
  BAD_USER_INPUT: 400,
}

/** `/metrics` is open to anybody who reaches the port; the others require an administrator or a service. */
export function operatorEndpoints(options: OperatorsOptions): readonly (readonly [string, Endpoint])[] {
  /** Answers only to who may; everyone else is told why not, and so is who may where it fails. */
  const guarded =
    (answer: (exchange: Exchange, viewer: Viewer) => Promise<void> | void): Endpoint['answer'] =>
    async (exchange) => {
      const { response, cors } = exchange
      try {
        const viewer = await operatorOf(exchange, options)
        if (viewer !== undefined) await answer(exchange, viewer)
      } catch (fault) {
        const { message, extensions } = options.mask(fault)
        const waitMs = extensions['retryAfterMs']
        const after = typeof waitMs === 'number' ? { 'retry-after': `${Math.ceil(waitMs / 1000)}` } : {}
        const status = STATUS_OF[String(extensions['code'])] ?? 500
        answerJson(response, status, { error: message }, { ...cors, ...after })
      }
    }

  return [
    [
      '/metrics',
      {
        methods: READ,
        async answer({ response, cors }) {
          const { contentType } = options.metrics
          answerText(response, 200, contentType, await options.metrics.text(), cors)
        },
      },
    ],
    [
      '/stats',
      {
        methods: READ,
        answer: guarded(({ response, cors }) => answerJson(response, 200, options.stats(), cors)),
      },
    ],
    [
      '/stats/history',
      {
        methods: READ,
        answer: guarded(({ response, cors }) => answerJson(response, 200, options.history(), cors)),
      },
    ],
    [
      '/stats/user',
      {
        methods: READ,
        answer: guarded(async ({ request, response, cors }) => {
          const [, query = ''] = (request.url ?? '').split('?')
          answerJson(response, 200, await options.user(new URLSearchParams(query).get('id')), cors)
        }),
      },
    ],
    [
      '/broadcast',
      {
        methods: ['POST'],
        answer: guarded(async (exchange, viewer) => {
          const body = await jsonOf(exchange)
          if (body === undefined) return
          const { response, cors } = exchange
          const answer = await options.broadcast(body.value, viewer, AbortSignal.any([]))
          if (answer.kind === 'invalid') {
            const { reason: error, field } = answer
            answerJson(response, 400, { error, ...(field === undefined ? {} : { field }) }, cors)
          } else {
            const { announcementId, reached } = answer
            answerJson(response, 200, { announcementId, reached }, cors)
          }
        }),
      },
    ],
  ]
}

/** Who asks, by the header alone: an address is for people to see. Undefined where they were refused. */
async function operatorOf(
  { request, response, cors }: Exchange,
  { signIn }: OperatorsOptions,
): Promise<Viewer | undefined> {
  const signedIn = await signIn(tokenFromAuthorization(request.headers.authorization))
  if (signedIn.kind === 'refused') {
    const challenge = { 'www-authenticate': 'Bearer error="invalid_token"' }
    answerJson(response, 401, { error: signedIn.reason }, { ...cors, ...challenge })
  } else if (signedIn.viewer === null) {
    answerJson(
      response,
      401,
      { error: 'Sign in first: `Authorization: Bearer …`.' },
      { ...cors, ...CHALLENGE },
    )
  } else if (!isPrivileged(actorOf(signedIn.viewer))) {
    answerJson(response, 403, { error: 'This is for administrators and services.' }, cors)
  } else return signedIn.viewer
  return undefined
}
