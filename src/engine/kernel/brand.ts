declare const brand: unique symbol

/** A `Base` that the compiler keeps apart from others of the same shape. Created only by kernel functions. */
export type Brand<Base, Name extends string> = Base & { readonly [brand]: Name }
