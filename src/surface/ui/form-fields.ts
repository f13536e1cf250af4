import { nameList, propertySchema, resolveRef, type Schema, schemaMap, typesOf } from '../../catalog/subschemas.ts'
import { toShortType } from '../../catalog/typings.ts'
import { isDeeperThan, isRecord, type JsonObject, type JsonValue, parseJson } from '../../internal/json.ts'

/** One field of a form, made from a parameter's schema. */
export interface FormField {
  /** The parameter. */
  readonly name: string
  /** Its TypeScript type, short. */
  readonly type: string
  readonly kind: FieldKind
  readonly required: boolean
  readonly description: string
  /** Of a `choice`: JSON texts. */
  readonly choices: readonly string[]
  /** What stands in the field at first, as the field writes it. */
  readonly preset: string
  readonly minimum?: number
  readonly maximum?: number
}

/** How a value is written: `line` and `area` as it is, `json` as JSON text. */
export type FieldKind = 'line' | 'area' | 'number' | 'integer' | 'boolean' | 'choice' | 'json'

/** What was read from a form: the parameters, or by field what is wrong. */
export type ReadForm =
  | { readonly params: Readonly<Record<string, unknown>> }
  | { readonly problems: ReadonlyMap<string, string> }

/** Most parameters with a field of their own; those beyond are written as JSON. */
const MAX_FIELDS = 60
const MAX_CHOICES = 200
const MAX_DEPTH = 100
const TYPE_DEPTH = 2
/** Formats and lengths of texts that have no line breaks. */
const LINE_FORMATS = /^(?:date|time|date-time|duration|e?mail|email|uri|url|uuid|hostname|ipv[46])$/
const LINE_CHARS = 120

/** The fields of a form for these parameters, the required ones first; empty where there are none to name. */
export function fieldsOf(input: JsonObject | true): readonly FormField[] {
  if (input === true) return []
  const required = new Set(nameList(input['required']))
  const names = Object.keys(schemaMap(input['properties'])).slice(0, MAX_FIELDS)
  return names
    .map((name) => toField(name, propertySchema(input, name) ?? true, required.has(name), input))
    .toSorted((a, b) => Number(b.required) - Number(a.required))
}

/** The parameters that fields hold; an empty field that is not required is left out. */
export function readFields(fields: readonly FormField[], textOf: (name: string) => string | null): ReadForm {
  const params: Record<string, unknown> = {}
  const problems = new Map<string, string>()
  for (const field of fields) {
    const text = (textOf(field.name) ?? '').replaceAll('\r\n', '\n')
    if (text === '' && !(field.required && isText(field))) continue
    const value = isText(field) ? { value: text } : readJson(text)
    if ('problem' in value) problems.set(field.name, value.problem)
    else define(params, field.name, value.value)
  }
  return problems.size > 0 ? { problems } : { params }
}

/** Parameters written as one JSON object. */
export function readObject(text: string): { readonly params: Record<string, unknown> } | { readonly problem: string } {
  const read = readJson(text)
  if ('problem' in read) return read
  return isRecord(read.value) ? { params: read.value } : { problem: 'wanted a JSON object: {"name": value}' }
}

/** How a field writes a value. */
export function fieldText(field: FormField, value: unknown): string {
  if (value === undefined) return ''
  return isText(field) && typeof value === 'string' ? value : JSON.stringify(value)
}

function toField(name: string, given: Schema, required: boolean, root: JsonObject): FormField {
  const schema = followed(given, root)
  const choices = choicesOf(schema)
  const { default: preset, description, minimum, maximum } = schema
  const field: FormField = {
    name,
    type: toShortType(given, TYPE_DEPTH, root),
    kind: choices.length > 0 ? 'choice' : kindOf(schema),
    required,
    description: typeof description === 'string' ? description : '',
    choices,
    preset: '',
    ...(typeof minimum === 'number' ? { minimum } : {}),
    ...(typeof maximum === 'number' ? { maximum } : {}),
  }
  // Left empty it is not sent, which is what such a default means.
  return { ...field, preset: preset === null ? '' : fieldText(field, preset) }
}

function followed(schema: Schema, root: JsonObject): JsonObject {
  let current = schema
  for (let steps = 0; steps < 10 && typeof current === 'object' && typeof current['$ref'] === 'string'; steps++)
    current = resolveRef(root, current['$ref'])
  return typeof current === 'object' ? current : {}
}

function choicesOf({ enum: values, const: only }: JsonObject): string[] {
  const all: readonly JsonValue[] = only === undefined ? (Array.isArray(values) ? (values as JsonValue[]) : []) : [only]
  return all.length > MAX_CHOICES ? [] : all.map((value) => JSON.stringify(value))
}

function kindOf(schema: JsonObject): FieldKind {
  const types = (typesOf(schema) ?? []).filter((type) => type !== 'null')
  const [type] = types
  if (types.length !== 1) return 'json'
  if (type === 'string') return isLine(schema) ? 'line' : 'area'
  if (type === 'number' || type === 'integer' || type === 'boolean') return type
  return 'json'
}

function isLine({ format, maxLength, pattern }: JsonObject): boolean {
  if (typeof format === 'string' && LINE_FORMATS.test(format)) return true
  return pattern !== undefined || (typeof maxLength === 'number' && maxLength <= LINE_CHARS)
}

function isText({ kind }: FormField): boolean {
  return kind === 'line' || kind === 'area'
}

function readJson(text: string): { readonly value: unknown } | { readonly problem: string } {
  try {
    const value = parseJson(text)
    return isDeeperThan(value, MAX_DEPTH) ? { problem: `nests deeper than ${MAX_DEPTH} levels` } : { value }
  } catch {
    return { problem: `not JSON: a text stands in quotes, "like this"` }
  }
}

/** As an own property, whatever the name: a parameter may be called `__proto__`. */
function define(params: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(params, name, { value, enumerable: true, configurable: true, writable: true })
}
