/** The logged form of an error. Every value is a name, a code, a source location, or text without values. */
export interface LoggedError {
  readonly type: string
  readonly message: string
  readonly code?: string
  readonly [detail: string]: unknown
}

const MAX_DEPTH = 5
const MAX_ERRORS = 5
const MAX_MESSAGE = 300
const MAX_STATEMENT = 200
const MAX_FRAMES = 12
const MAX_FRAME = 200

/**
 * The PostgreSQL error fields that only name things. `detail`, `where`, `hint` and `internalQuery` contain rows and
 * texts.
 */
const NAMES = ['severity', 'schema', 'table', 'column', 'constraint', 'dataType', 'routine'] as const
const NAME = /^[\w.$ -]{1,80}$/
const FRAME = /^\s+at .*(?:\d+:\d+|<anonymous>|native|index \d+)\)?$/

/**
 * Describes `error` and its causes for the log: kind, code, message and stack. The result never contains client input:
 * no rows, parameters, bodies, documents or tokens, whichever library the error comes from.
 */
export function describeError(error: unknown, depth = 0): LoggedError {
  if (!(error instanceof Error))
    return { type: typeof error, message: 'Something was thrown that is not an Error.' }
  const { cause } = error
  return {
    type: nameOf(error.name),
    message: messageOf(error),
    ...codeOf(error),
    ...detailsOf(error),
    ...(depth === 0 ? { stack: stackOf(error) } : {}),
    ...(cause === undefined || depth >= MAX_DEPTH ? {} : { cause: describeError(cause, depth + 1) }),
    ...(error instanceof AggregateError && depth < MAX_DEPTH
      ? { errors: error.errors.slice(0, MAX_ERRORS).map((each) => describeError(each, depth + 1)) }
      : {}),
  }
}

/** Identifies the kind of an error by the types and codes of its cause chain: equal for all errors of one origin. */
export function kindOfError(error: unknown): string {
  const kinds: string[] = []
  for (let each = error; each instanceof Error && kinds.length < MAX_DEPTH; each = each.cause) {
    kinds.push(`${each.name}/${codeOf(each).code ?? messageOf(each)}`)
  }
  return kinds.join(' ')
}

/**
 * The first line of `text` without quoted values. Libraries quote what they could not parse: JSON.parse the text,
 * PostgreSQL the literal, Redis the arguments, GraphQL the variable.
 */
export function withoutValues(text: string): string {
  const [line = ''] = text.split('\n', 1)
  return shorten(
    line
      .replace(/"[\s\S]*"|`[\s\S]*`|(?<!\w)'[\s\S]*'(?!\w)/g, '"…"')
      // A quotation truncated by a length limit or the end of the line.
      .replace(/(?<!…)["`][^"`…]*$/, '"…'),
    MAX_MESSAGE,
  )
}

export function shorten(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most).toWellFormed()}…`
}

function messageOf(error: Error): string {
  if (isFailedStatement(error)) return 'Failed query'
  const { message } = error
  // Property names are code, not input.
  if (
    /^Cannot (?:read|set) properties of (?:undefined|null) \((?:reading|setting) '[\w$]{1,60}'\)$/.test(
      message,
    )
  ) {
    return message
  }
  // V8 shows these values without quotation marks.
  if (/^Cannot convert .* to a BigInt$/s.test(message)) return 'Cannot convert a value to a BigInt'
  const inOperator = /^(Cannot use 'in' operator to search) for /.exec(message)?.[1]
  if (inOperator !== undefined) return inOperator
  return withoutValues(message)
}

/** Statements contain placeholders; inline literals are removed. */
function isFailedStatement(error: Error): error is Error & { readonly query: string } {
  return 'query' in error && 'params' in error && typeof error.query === 'string'
}

function detailsOf(error: Error): object {
  if (isFailedStatement(error)) {
    return { statement: shorten(error.query.replace(/'(?:[^']|'')*'/g, "'…'"), MAX_STATEMENT) }
  }
  const found = new Map(Object.entries(error))
  return Object.fromEntries(
    NAMES.flatMap((name) => {
      const value = found.get(name)
      return typeof value === 'string' && NAME.test(value) ? [[name, value]] : []
    }),
  )
}

function codeOf(error: Error): { readonly code?: string } {
  const code = 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^\w{1,40}$/.test(code) ? { code } : {}
}

function nameOf(name: unknown): string {
  return typeof name === 'string' && /^[\w$.]{1,80}$/.test(name) ? name : 'Error'
}

/** Stack frames only: the first lines of a stack repeat the message. */
function stackOf({ stack, message }: Error): string {
  return (stack ?? '')
    .replace(message, '')
    .split('\n')
    .filter((line) => FRAME.test(line))
    .slice(0, MAX_FRAMES)
    .map((line) => shorten(line, MAX_FRAME))
    .join('\n')
}
