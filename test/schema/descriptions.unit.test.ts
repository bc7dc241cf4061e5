import { isEnumType, isInputObjectType, isInterfaceType, isIntrospectionType, isObjectType } from 'graphql'
import { describe, expect, test } from 'vitest'
import { describeSchema, TEXTS } from '../../src/schema/describe-schema.ts'
import { createFullSchema } from '../support/schema.ts'

const schema = createFullSchema()
const types = Object.values(schema.getTypeMap()).filter((type) => !isIntrospectionType(type))

interface Described {
  readonly name: string
  readonly description?: string | null | undefined
  readonly args?: readonly Described[]
}

/** The names of those that have no description. */
function silentOf(place: string, all: readonly Described[]): readonly string[] {
  return all.filter(({ description }) => !description).map(({ name }) => `${place}${name}`)
}

describe('The schema', () => {
  test('describes every type, field, field of an input, and argument', () => {
    const silent = types.flatMap((type) => {
      const hasFields = isObjectType(type) || isInterfaceType(type) || isInputObjectType(type)
      const fields: readonly Described[] = hasFields ? Object.values(type.getFields()) : []
      return [
        ...silentOf('', [type]),
        ...silentOf(`${type.name}.`, fields),
        ...fields.flatMap(({ name, args = [] }) => silentOf(`${type.name}.${name}.`, args)),
      ]
    })
    expect(silent).toEqual([])
    expect(types.filter(isEnumType).length).toBeGreaterThan(10)
  })

  test('uses every text that is written for it: none is left over, none stands twice', () => {
    const used = new Set<string>()
    describeSchema(schema, (key) => used.add(key))
    expect(Object.keys(TEXTS).filter((key) => !used.has(key))).toEqual([])
  })
})
