import { isRecord, type JsonObject } from './json.ts'

/**
 * The structure of JSON values seen so far: types, names of fields, how often each was there. Never a value: keys that
 * look like data (addresses, numbers, paths) make an object a map, whose keys are not kept.
 */
export interface Structure {
  /** Values seen. */
  seen: number
  readonly types: Set<SimpleType>
  /** Objects with fields of their own. */
  record?: { seen: number; readonly fields: Map<string, Structure> }
  /** Values of objects that are maps. */
  map?: Structure
  /** Items of arrays; undefined inside: only empty ones were seen. */
  list?: { items?: Structure }
}

type SimpleType = 'null' | 'boolean' | 'number' | 'string'

const MAX_DEPTH = 8
/** Values looked at in one observation. */
const MAX_VALUES = 2_000
const MAX_ITEMS = 30
/** Fields of one object; more make it a map. */
const MAX_FIELDS = 60
/** Places of one structure; deeper ones are left open beyond that. */
const MAX_PLACES = 400
/** Objects of which each has few of the many names seen are maps. */
const MANY_FIELDS = 16
const RARE_FIELDS = 0.25

export function createStructure(): Structure {
  return { seen: 0, types: new Set() }
}

/** Takes note of one more value. Bounded, whatever the value. */
export function observe(structure: Structure, value: unknown): void {
  const limits = { values: MAX_VALUES, places: MAX_PLACES - countPlaces(structure) }
  note(structure, value, MAX_DEPTH, limits)
}

interface Limits {
  values: number
  places: number
}

function note(at: Structure, value: unknown, depth: number, limits: Limits): void {
  limits.values--
  at.seen++
  if (value === null) at.types.add('null')
  else if (Array.isArray(value)) noteList(at, value, depth, limits)
  else if (isRecord(value)) noteObject(at, value, depth, limits)
  else at.types.add(typeof value as SimpleType)
}

function noteList(at: Structure, items: readonly unknown[], depth: number, limits: Limits): void {
  at.list ??= {}
  if (items.length === 0 || depth === 0) return
  const inner = at.list.items ?? place(limits)
  if (inner === undefined) return
  at.list.items = inner
  // Spread over the whole list: later items often have other fields than the first ones.
  const step = Math.max(1, items.length / MAX_ITEMS)
  for (let index = 0; index < items.length && limits.values > 0; index += step)
    note(inner, items[Math.floor(index)], depth - 1, limits)
}

function noteObject(at: Structure, value: Record<string, unknown>, depth: number, limits: Limits): void {
  const keys = Object.keys(value)
  if (at.map !== undefined || isMap(value, keys)) {
    becomeMap(at)
    const inner = at.map ?? createStructure()
    if (depth > 0) for (const key of keys.slice(0, MAX_ITEMS)) note(inner, value[key], depth - 1, limits)
    return
  }
  // A record that is noted in part would make its other fields look optional.
  if (limits.values < keys.length) return
  const record = (at.record ??= { seen: 0, fields: new Map() })
  record.seen++
  if (depth === 0) return
  for (const key of keys) {
    const field = record.fields.get(key) ?? place(limits)
    if (field === undefined) continue
    record.fields.set(key, field)
    note(field, value[key], depth - 1, limits)
  }
  if (isUnsteady(record)) becomeMap(at)
}

function place(limits: Limits): Structure | undefined {
  return limits.places-- > 0 ? createStructure() : undefined
}

/** Names that are data: numbers, dates, ids, addresses, paths, sentences. */
const DATA_KEY = /^\d|\d{4}|-\d+$|[^\w$@-]|.@|^[0-9a-f-]{16,}$|^.{41}/i

function isMap(value: Record<string, unknown>, keys: readonly string[]): boolean {
  return keys.length > MAX_FIELDS || keys.some((key) => DATA_KEY.test(key)) || hasEqualRecords(value, keys)
}

/** Three or more records with the same fields side by side: `{ann: {age, city}, bob: {age, city}, …}`. */
function hasEqualRecords(value: Record<string, unknown>, keys: readonly string[]): boolean {
  if (keys.length < 3) return false
  const first = fieldNames(value[keys[0] ?? ''])
  return first.length > 0 && keys.every((key) => fieldNames(value[key]) === first)
}

function fieldNames(value: unknown): string {
  return isRecord(value) ? Object.keys(value).slice(0, MAX_FIELDS).sort().join('\n') : ''
}

function isUnsteady({ seen, fields }: { seen: number; readonly fields: ReadonlyMap<string, Structure> }): boolean {
  if (fields.size > MAX_FIELDS) return true
  if (fields.size <= MANY_FIELDS) return false
  let present = 0
  for (const field of fields.values()) present += field.seen
  return present / (seen * fields.size) < RARE_FIELDS
}

/** Forgets the names of the fields. */
function becomeMap(at: Structure): void {
  if (at.map !== undefined) return
  const map = createStructure()
  for (const field of at.record?.fields.values() ?? []) merge(map, field)
  at.map = map
  delete at.record
}

/** Adds what `from` has seen to `into`. */
export function merge(into: Structure, from: Structure): void {
  into.seen += from.seen
  for (const type of from.types) into.types.add(type)
  if (from.list !== undefined) {
    into.list ??= {}
    if (from.list.items !== undefined) merge((into.list.items ??= createStructure()), from.list.items)
  }
  if (from.map !== undefined || into.map !== undefined) becomeMap(into)
  if (from.map !== undefined) merge(into.map ?? createStructure(), from.map)
  if (from.record === undefined) return
  if (into.map !== undefined) {
    for (const field of from.record.fields.values()) merge(into.map, field)
    return
  }
  const record = (into.record ??= { seen: 0, fields: new Map() })
  record.seen += from.record.seen
  for (const [key, field] of from.record.fields) {
    const known = record.fields.get(key) ?? createStructure()
    record.fields.set(key, known)
    merge(known, field)
  }
  if (isUnsteady(record)) becomeMap(into)
}

function countPlaces(structure: Structure): number {
  let count = 1
  if (structure.list?.items !== undefined) count += countPlaces(structure.list.items)
  if (structure.map !== undefined) count += countPlaces(structure.map)
  for (const field of structure.record?.fields.values() ?? []) count += countPlaces(field)
  return count
}

/** The JSON Schema of the values seen; fields that were missing once are optional. Says nothing of values never seen. */
export function toSchema(structure: Structure): JsonObject {
  const { types, record, map, list } = structure
  const kinds = [...types].sort() as string[]
  const known: Record<string, JsonObject | boolean | readonly string[]> = {}
  if (record !== undefined) {
    kinds.unshift('object')
    const fields = [...record.fields]
    known['properties'] = Object.fromEntries(fields.map(([key, field]) => [key, toSchema(field)]))
    known['required'] = fields.filter(([, field]) => field.seen >= record.seen).map(([key]) => key)
  }
  if (map !== undefined) {
    kinds.unshift('object')
    known['additionalProperties'] = map.seen === 0 ? true : toSchema(map)
  }
  if (list !== undefined) {
    kinds.unshift('array')
    if (list.items !== undefined) known['items'] = toSchema(list.items)
  }
  return kinds.length === 0 ? {} : { type: kinds.length === 1 ? (kinds[0] ?? '') : kinds, ...known }
}

/** As JSON data, for files. */
export function toJson({ seen, types, record, map, list }: Structure): JsonObject {
  return {
    seen,
    types: [...types],
    ...(record === undefined
      ? {}
      : { record: { seen: record.seen, fields: [...record.fields].map(([key, field]) => [key, toJson(field)]) } }),
    ...(map === undefined ? {} : { map: toJson(map) }),
    ...(list === undefined ? {} : { list: list.items === undefined ? {} : { items: toJson(list.items) } }),
  }
}

const SIMPLE_TYPES: ReadonlySet<unknown> = new Set<SimpleType>(['null', 'boolean', 'number', 'string'])

/** Back from JSON data; undefined for anything that {@link toJson} does not write. */
export function fromJson(value: unknown, depth: number = MAX_DEPTH + 1): Structure | undefined {
  if (!isRecord(value) || depth < 0) return undefined
  const { seen, types, record, map, list } = value
  if (!isCount(seen) || !Array.isArray(types) || !types.every((type) => SIMPLE_TYPES.has(type))) return undefined
  const structure: Structure = { seen, types: new Set(types as SimpleType[]) }
  if (isRecord(record)) {
    const fields = fieldsFrom(record['fields'], depth)
    if (fields === undefined || !isCount(record['seen'])) return undefined
    structure.record = { seen: record['seen'], fields }
  }
  if (map !== undefined) {
    const inner = fromJson(map, depth - 1)
    if (inner === undefined) return undefined
    structure.map = inner
  }
  if (isRecord(list)) {
    const items = list['items'] === undefined ? undefined : fromJson(list['items'], depth - 1)
    structure.list = items === undefined ? {} : { items }
  }
  return structure
}

function fieldsFrom(value: unknown, depth: number): Map<string, Structure> | undefined {
  if (!Array.isArray(value) || value.length > MAX_FIELDS) return undefined
  const fields = new Map<string, Structure>()
  for (const entry of value as readonly unknown[]) {
    const [key, inner] = Array.isArray(entry) ? (entry as readonly unknown[]) : []
    const field = fromJson(inner, depth - 1)
    if (typeof key !== 'string' || field === undefined) return undefined
    fields.set(key, field)
  }
  return fields
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
