/** Has this process think that it is so much later, for whatever asks `Date`. Timers go on as before. */
export function setClockForward(byMs: number): void {
  const Real = globalThis.Date
  const now = (): number => Real.now() + byMs
  globalThis.Date = new Proxy(Real, {
    construct: (target, given, made) => Reflect.construct(target, given.length === 0 ? [now()] : given, made),
    get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
  })
}
