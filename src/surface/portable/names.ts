import { shortHash } from '../../internal/hash.ts'
import { isRecord } from '../../internal/json.ts'

/** Where names of properties were written otherwise, as deep as they were. */
export interface Renamed {
  /** Shown name → the server's own. */
  readonly own: ReadonlyMap<string, string>
  /** By shown name: what is renamed inside. */
  readonly inside: ReadonlyMap<string, Renamed>
  readonly items: Renamed | undefined
}

/** Anthropic refuses all tools of a request for one other name. */
const TAKEN = /^[\w.-]{1,64}$/
const MAX_CHARS = 64

/** The name under which each property is shown: its own, where vendors take it. Each is another one. */
export function shownNames(names: readonly string[]): ReadonlyMap<string, string> {
  const taken = new Set(names.filter((name) => TAKEN.test(name)))
  return new Map(
    names.map((name) => {
      if (TAKEN.test(name)) return [name, name]
      const plain = name.replaceAll(/[^\w.-]+/g, '_').slice(0, MAX_CHARS)
      const shown =
        /[A-Za-z0-9]/.test(plain) && !taken.has(plain) && name.length <= MAX_CHARS
          ? plain
          : `${plain.slice(0, MAX_CHARS - 9)}_${shortHash(name).slice(0, 8)}`
      taken.add(shown)
      return [name, shown]
    }),
  )
}

/** Undefined where nothing was renamed. */
export function renamed(
  shown: ReadonlyMap<string, string>,
  inside: readonly (readonly [name: string, names: Renamed | undefined])[],
  items: Renamed | undefined,
): Renamed | undefined {
  const own = new Map([...shown].flatMap(([name, other]) => (name === other ? [] : [[other, name] as const])))
  const inner = new Map(inside.flatMap(([name, names]) => (names === undefined ? [] : [[name, names] as const])))
  return own.size === 0 && inner.size === 0 && items === undefined ? undefined : { own, inside: inner, items }
}

/** Arguments with the server's own names; those that already have them stay. */
export function withOwnNames(value: unknown, names: Renamed | undefined): unknown {
  if (names === undefined) return value
  if (Array.isArray(value)) return value.map((item) => withOwnNames(item, names.items))
  if (!isRecord(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      const own = names.own.get(name)
      const isFree = own !== undefined && !Object.hasOwn(value, own)
      return [isFree ? own : name, withOwnNames(inner, names.inside.get(name))]
    }),
  )
}
