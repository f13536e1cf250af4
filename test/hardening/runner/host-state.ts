/** What programs are known to change on the host, where a sandbox lets them. */
const INTRINSICS: readonly (readonly [holder: object, names: readonly PropertyKey[]])[] = [
  [JSON, ['parse', 'stringify']],
  [Object, ['keys', 'assign', 'defineProperty']],
  [Object.prototype, ['toString', 'hasOwnProperty']],
  [Function.prototype, ['call', 'apply', 'bind']],
  [Array.prototype, ['push', 'map', 'slice', Symbol.iterator]],
  [String.prototype, ['slice', 'replace']],
  [RegExp.prototype, ['test', 'exec']],
  [Map.prototype, ['get', 'set']],
  [Promise.prototype, ['then', 'catch']],
  [Math, ['random']],
  [Date, ['now']],
]

const PROTOTYPES: readonly object[] = [
  Object.prototype,
  Function.prototype,
  Array.prototype,
  String.prototype,
  Promise.prototype,
  Error.prototype,
  RegExp.prototype,
  Map.prototype,
]

/** The host's own objects at one time, to compare with a later one. */
export interface HostState {
  readonly intrinsics: readonly unknown[]
  readonly keys: readonly string[]
}

export function readHostState(): HostState {
  return {
    intrinsics: INTRINSICS.flatMap(([holder, names]) => names.map((name): unknown => Reflect.get(holder, name))),
    keys: PROTOTYPES.map((prototype) => Reflect.ownKeys(prototype).map(String).join()),
  }
}

export function isTampered(before: HostState, after: HostState): boolean {
  return after.intrinsics.some((value, index) => value !== before.intrinsics[index])
}

/** True when a prototype has a property that it did not have. */
export function isPolluted(before: HostState, after: HostState): boolean {
  return 'polluted' in {} || after.keys.some((keys, index) => keys !== before.keys[index])
}
