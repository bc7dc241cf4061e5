/** Shifts `Date` of this process into the future. Timers are not affected. */
export function setClockForward(byMs: number): void {
  const Real = globalThis.Date
  const now = (): number => Real.now() + byMs
  globalThis.Date = new Proxy(Real, {
    construct: (target, given, made) => Reflect.construct(target, given.length === 0 ? [now()] : given, made),
    get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
  })
}
