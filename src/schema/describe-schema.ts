import {
  type GraphQLNamedType,
  type GraphQLSchema,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
} from 'graphql'
import { ARGUMENT_TEXTS } from './texts/argument.ts'
import { AUCTION_TEXTS } from './texts/auction.ts'
import { MESSAGE_TEXTS } from './texts/message.ts'
import { ROOM_TEXTS } from './texts/room.ts'
import { SERVER_TEXTS } from './texts/server.ts'
import type { Texts } from './texts/texts.ts'
import { TRADE_TEXTS } from './texts/trade.ts'

/** Descriptions kept apart from the definitions. Those that explain how a field is resolved are kept with it. */
export const TEXTS: Texts = {
  ...AUCTION_TEXTS,
  ...MESSAGE_TEXTS,
  ...ROOM_TEXTS,
  ...SERVER_TEXTS,
  ...TRADE_TEXTS,
  ...ARGUMENT_TEXTS,
}

interface Described {
  description?: string | null | undefined
}

/** Adds a description to every type, field and argument without one. `onUse` receives the key of each text used. */
export function describeSchema(schema: GraphQLSchema, onUse: (key: string) => void = () => {}): void {
  const fill = (described: Described, ...keys: readonly string[]): void => {
    const key = keys.find((each) => each in TEXTS)
    if (key === undefined || (described.description ?? TEXTS[key]) !== TEXTS[key]) return
    described.description = TEXTS[key]
    onUse(key)
  }
  for (const type of Object.values(schema.getTypeMap())) {
    if (isIntrospectionType(type)) continue
    fill(type, type.name)
    for (const field of fieldsOf(type)) {
      const at = `${type.name}.${field.name}`
      fill(field, at)
      for (const argument of field.args ?? []) fill(argument, `${at}(${argument.name})`, `(${argument.name})`)
    }
  }
}

type Field = Described & {
  readonly name: string
  readonly args?: readonly (Described & { readonly name: string })[]
}

function fieldsOf(type: GraphQLNamedType): readonly Field[] {
  const hasFields = isObjectType(type) || isInterfaceType(type) || isInputObjectType(type)
  return hasFields ? Object.values(type.getFields()) : []
}
