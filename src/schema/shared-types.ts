import {
  EnumRef,
  InputFieldBuilder,
  type InputFieldMap,
  InputObjectRef,
  InterfaceRef,
  normalizeEnumValues,
  type ObjectParam,
  ObjectRef,
  UnionRef,
} from '@pothos/core'
import type { Builder, Types } from './builder.ts'

/*
 * References to types that several modules use. Pothos stores fields and values in the reference that a type was implemented with: shared by two builders, it would collect them twice. So a shared reference is never implemented itself; `in` creates a reference for one builder and associates the two.
 */

/** An object type. */
export class SharedObject<Shape> extends ObjectRef<Types, Shape> {
  /** The reference to implement this type with in `builder`. */
  in(builder: Builder): PothosSchemaTypes.ImplementableObjectRef<Types, Shape> {
    const own = builder.objectRef<Shape>(this.name)
    builder.configStore.associateParamWithRef(this, own)
    return own
  }
}

/** An interface. */
export class SharedInterface<Shape> extends InterfaceRef<Types, Shape> {
  /** The reference to implement this type with in `builder`. */
  in(builder: Builder): PothosSchemaTypes.ImplementableInterfaceRef<Types, Shape> {
    const own = builder.interfaceRef<Shape>(this.name)
    builder.configStore.associateParamWithRef(this, own)
    return own
  }
}

interface EnumOptions<Value extends string> {
  readonly description?: string
  readonly values: readonly Value[] | { readonly [Each in Value]: { description: string; value: Each } }
}

/** An enum. Other features may add values of their own. */
export class SharedEnum<Value extends string> extends EnumRef<Types, Value> {
  /** Implements this type in `builder`. */
  in(builder: Builder, options: EnumOptions<Value>): void {
    builder.configStore.associateParamWithRef(this, builder.enumType(this.name, options))
  }

  /** Adds `values` to this type, which another module implements in `builder`. */
  extend(builder: Builder, values: readonly Value[]): void {
    const { configStore } = builder
    configStore.onPrepare(() =>
      configStore.onTypeConfigOfKind(this, 'Enum', (config) => {
        Object.assign(config.values, normalizeEnumValues(values))
      }),
    )
  }
}

/** A union. */
export class SharedUnion<Shape> extends UnionRef<Types, Shape> {
  /** Implements this type in `builder`. */
  in<Member extends ObjectParam<Types>, ResolveType>(
    builder: Builder,
    options: PothosSchemaTypes.UnionTypeOptions<Types, Member, ResolveType>,
  ): void {
    builder.configStore.associateParamWithRef(this, builder.unionType(this.name, options))
  }
}

/** An input that one module implements and to which others add fields. */
export class SharedInput extends InputObjectRef<Types, unknown> {
  /** Makes this reference stand for `own` in `builder`. */
  in(builder: Builder, own: PothosSchemaTypes.InputObjectRef<Types, unknown>): void {
    builder.configStore.associateParamWithRef(this, own)
  }

  /** Adds fields to this type, which another module implements in `builder`. */
  extend(
    builder: Builder,
    fields: (t: PothosSchemaTypes.InputFieldBuilder<Types, 'InputObject'>) => InputFieldMap,
  ): void {
    builder.configStore.addInputFields(this, () => fields(new InputFieldBuilder(builder, 'InputObject')))
  }
}

/** Arguments that other modules add to a field. */
export class SharedArguments {
  readonly #added = new WeakMap<Builder, InputFieldMap>()

  /** The arguments that were added in `builder`. Call it where the field is built: all parts have run by then. */
  addedIn(builder: Builder): object {
    return this.#added.get(builder) ?? {}
  }

  extend(builder: Builder, args: InputFieldMap): void {
    this.#added.set(builder, { ...this.#added.get(builder), ...args })
  }
}
