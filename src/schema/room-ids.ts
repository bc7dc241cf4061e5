import {
  defaultFieldResolver,
  type GraphQLField,
  GraphQLID,
  type GraphQLSchema,
  getNamedType,
  isObjectType,
} from 'graphql'
import { asRoomId, publicRoomId } from '../features/rooms/ids.ts'
import type { SharedContext } from '../resolvers/context.ts'

/**
 * Converts room ids to their public form: `Room.id`, and every field named `roomId`. Some are stored as bare words,
 * which `asRoomId` also accepts from clients.
 */
export function showRoomIds(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type)) continue
    for (const field of Object.values(type.getFields())) {
      const isRoomId = field.name === 'roomId' || (type.name === 'Room' && field.name === 'id')
      if (isRoomId && getNamedType(field.type) === GraphQLID) show(field)
    }
  }
}

function show(field: GraphQLField<unknown, SharedContext>): void {
  const { resolve = defaultFieldResolver } = field
  field.resolve = (parent, args, context, info) => {
    const id: unknown = resolve(parent, args, context, info)
    return typeof id === 'string' ? publicRoomId(asRoomId(id)) : id
  }
}
