import { isRecord } from '../../internal/json.ts'
import { stableJson } from '../../internal/hash.ts'
import type { Client, Places } from '../clients/client.ts'
import { readText } from '../clients/file-reader.ts'
import { type Entry, readEntry } from '../entry.ts'
import { expandAll, type Expansion, inputVariable } from '../expand.ts'
import { httpServerSchema, stdioServerSchema } from '../schema.ts'

/** An entry as our own file writes it. */
export type OwnEntry = Readonly<Record<string, unknown>>

export type Translation =
  /** `dropped` names keys of the client that have no meaning in our file. */
  | { readonly kind: 'moves'; readonly entry: OwnEntry; readonly dropped: readonly string[] }
  /** Only its client can start it as it is meant: why. */
  | { readonly kind: 'stays'; readonly reason: string }

/**
 * A server of a client's file in the words of ours: nothing is expanded, so a secret stays where it stood literally and a
 * variable stays a variable.
 */
export function translate(entry: unknown, client: Client, places: Places): Translation {
  const unspeakable = isRecord(entry) ? whyNot(entry, client) : undefined
  if (unspeakable !== undefined) return stays(unspeakable)
  const read = readSpelled(entry, client)
  if (read.kind === 'foreign') return stays(`only ${client.title} itself can start it`)
  if (read.kind === 'wrong') return stays(`${read.fault.path} ${read.fault.message}`.trim())
  const fault = read.faults.find(({ path }) => !WITHOUT_HARM.has(path))
  if (fault !== undefined) return stays(`${fault.path} ${fault.message}`)
  const { type, ...server } = read.server
  const own = type === 'sse' ? { type, ...server } : server
  const wrong = whyRefused(own, places)
  return wrong === undefined ? { kind: 'moves', entry: own, dropped: droppedKeys(entry, client) } : stays(wrong)
}

/** Parts that are not followed and that keep no server from working as it is meant. */
const WITHOUT_HARM = new Set(['timeout', 'start_on_launch'])

/** Reads an entry whose variables are spelled our way; a variable that a key names becomes one that is expanded later. */
function readSpelled(entry: unknown, client: Client): Entry {
  const variables = new Proxy<Record<string, string>>({}, { get: (_target, name) => `\${${String(name)}}` })
  const context = { env: variables, timeout: client.timeout }
  const spelled = isRecord(entry) ? spelledEntry(entry, client) : entry
  if (!isRecord(spelled)) return readEntry(spelled, context)
  // An address that begins with a variable is one only when it is expanded.
  const marked = Object.fromEntries(Object.entries(spelled).map(([key, value]) => [key, markedAddress(key, value)]))
  const read = readEntry(marked, context)
  if (read.kind !== 'server') return read
  if ('url' in read.server) return { ...read, server: { ...read.server, url: read.server.url.replace(MARK, '') } }
  return read.server.env === undefined
    ? read
    : { ...read, server: { ...read.server, env: optional(read.server.env, spelled) } }
}

/** A variable that its client only passes on may be missing. */
function optional(env: Readonly<Record<string, string>>, entry: Record<string, unknown>): Record<string, string> {
  const passed = new Set(
    [entry['env_vars'], entry['env_keys']].flatMap((names): unknown[] => (Array.isArray(names) ? names : [])),
  )
  return Object.fromEntries(
    Object.entries(env).map(([key, value]) => [
      key,
      passed.has(key) && value === `\${${key}}` ? `\${${key}:-}` : value,
    ]),
  )
}

function spelledEntry(entry: Record<string, unknown>, { expansion, headerExpansion }: Client): Record<string, unknown> {
  const own = { ...texts(entry['env']), ...texts(entry['envs']) }
  return Object.fromEntries(
    Object.entries(entry).map(([key, value]) => {
      if (key !== 'headers' || headerExpansion === undefined)
        return [key, mapTexts(value, (text) => respell(text, expansion))]
      // Such headers may name what the entry itself sets.
      const filled = mapTexts(value, (text) =>
        text.replace(/\$\{?(\w+)\}?/g, (match, name: string) => own[name] ?? match),
      )
      return [key, mapTexts(filled, (text) => respell(text, headerExpansion))]
    }),
  )
}

function texts(value: unknown): Record<string, string> {
  const entries = Object.entries(isRecord(value) ? value : {})
  return Object.fromEntries(entries.filter((pair): pair is [string, string] => typeof pair[1] === 'string'))
}

const ADDRESS_KEYS = new Set(['httpUrl', 'url', 'serverUrl', 'server_url', 'baseUrl', 'base_url', 'uri'])
const MARK = 'http://variable.invalid/'

function markedAddress(key: string, value: unknown): unknown {
  return ADDRESS_KEYS.has(key) && typeof value === 'string' && value.startsWith('${') ? `${MARK}${value}` : value
}

/** A client's spelling of variables in ours. */
function respell(text: string, style: Expansion): string {
  switch (style) {
    case 'none':
      return literal(text)
    case 'curly':
      return literal(text).replace(/\{(env|file):([^{}]+)\}/g, (_match, kind: string, name: string) =>
        kind === 'env' ? `\${${name}}` : `\${file:${name}}`,
      )
    case 'dollar':
      // A name that is not set stays as it is written: that is the default of ours.
      return braces(text.replace(/\$(?:env:)?([A-Za-z_]\w*)/g, (match, name: string) => `\${${name}:-${match}}`))
    default:
      return braces(text)
  }
}

function braces(text: string): string {
  return text
    .replace(/\$\{env:([A-Za-z_]\w*)((?::-[^{}]*)?)\}/g, '${$1$2}')
    .replace(/\$\{input:([^{}]+)\}/g, (_match, id: string) => `\${${inputVariable(id)}}`)
}

/** `${` of a client that knows no such variables. */
function literal(text: string): string {
  return text.replace(/\$\{(?=[^{}]+\})/g, () => '$${')
}

/** What an entry asks of its client that a file of ours has no words for. */
function whyNot(entry: Record<string, unknown>, { name, title, expansion }: Client): string | undefined {
  if (entry['envFile'] !== undefined) return `${title} reads its envFile`
  const texts = JSON.stringify(entry)
  if (name === 'crush' && texts.includes('$(')) return `${title} runs a command for a value of it ($(…))`
  if (expansion === 'curly' && /\{file:(?![~/])/.test(texts))
    return `${title} reads a file for it from a folder of its own`
  if (expansion !== 'braces' && expansion !== 'dollar') return undefined
  if (/\$\{input:/.test(texts)) return `${title} asks for a value of it (\${input:…})`
  if (/\$\$\{/.test(texts)) return 'it has a dollar sign before a variable'
  const editor = /\$\{((?:command|config|secret|fileBasename|fileDirname|relativeFile|selectedText)[^{}]*)\}/.exec(
    texts,
  )?.[1]
  return editor === undefined ? undefined : `\${${editor}} is known to ${title} alone`
}

/** What our own schema says against an entry, its variables expanded; variables that are not set may be so later. */
function whyRefused(own: OwnEntry, { env, cwd, home }: Places): string | undefined {
  const { value, missing } = expandAll(own, 'own', { env, cwd, home, readText })
  if (missing.length > 0) return undefined
  const [issue] = ('url' in own ? httpServerSchema : stdioServerSchema).safeParse(value).error?.issues ?? []
  return issue === undefined ? undefined : `${issue.path.join('.')}: ${issue.message}`
}

/** Keys that change nothing of what we would start. */
function droppedKeys(entry: unknown, client: Client): string[] {
  if (!isRecord(entry)) return []
  const whole = stableJson(readSpelled(entry, client))
  return Object.entries(entry).flatMap(([key, value]) => {
    if (NEUTRAL.has(key) || isEmpty(value) || isAll(value)) return []
    const { [key]: _without, ...rest } = entry
    return stableJson(readSpelled(rest, client)) === whole ? [key] : []
  })
}

/** Said in every file of ours without words, or the name that stands before the entry as well. */
const NEUTRAL = new Set(['type', 'transport', 'source', 'name', 'enabled', 'disabled'])

function isEmpty(value: unknown): boolean {
  return (
    value === undefined ||
    value === null ||
    value === '' ||
    (typeof value === 'object' && Object.keys(value).length === 0)
  )
}

/** Lets every tool through, as an entry without such a list does. */
function isAll(value: unknown): boolean {
  return value === '*' || (Array.isArray(value) && value.includes('*'))
}

function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value)
  if (Array.isArray(value)) return value.map((inner) => mapTexts(inner, change))
  return isRecord(value)
    ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, mapTexts(inner, change)]))
    : value
}

function stays(reason: string): Translation {
  return { kind: 'stays', reason }
}
