declare const brand: unique symbol

/** A `Base` that can't be mixed up with another of the same shape. Made only by the functions of the kernel. */
export type Brand<Base, Name extends string> = Base & { readonly [brand]: Name }
