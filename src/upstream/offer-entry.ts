import { isAnnotations } from '../internal/annotations.ts'
import { isDeeperThan, isRecord } from '../internal/json.ts'
import { cleanText, clip } from '../internal/text.ts'
import type { OfferEntry, OfferKind } from './offers.ts'

/** Characters and levels of one entry; addresses and names are short, `_meta` may hold a page. */
const MAX_ENTRY_CHARS = 2_000_000
const MAX_ENTRY_DEPTH = 500

const KEY_OF = { resources: 'uri', templates: 'uriTemplate', prompts: 'name' } as const
const ONE_OF = { resources: 'a resource', templates: 'a resource template', prompts: 'a prompt' } as const

/**
 * One entry of a list in the form that the protocol asks for: clients throw a whole list away for one null in it. A field
 * that cannot be read is left out; a text says why the whole entry is.
 */
export function readOfferEntry(kind: OfferKind, given: unknown): OfferEntry | string {
  const one = ONE_OF[kind]
  if (!isRecord(given)) return `left out ${one} that is not an object`
  const key = given[KEY_OF[kind]]
  if (typeof key !== 'string' || key === '') return `left out ${one} without a text as its ${KEY_OF[kind]}`
  const shown = clip(cleanText(key.slice(0, 200)), 60)
  if (isDeeperThan(given, MAX_ENTRY_DEPTH))
    return `left out ${one} "${shown}": its definition nests deeper than ${MAX_ENTRY_DEPTH} levels`
  if (JSON.stringify(given).length > MAX_ENTRY_CHARS)
    return `left out ${one} "${shown}": its definition has more than ${MAX_ENTRY_CHARS} characters`
  const fields = Object.entries(given).flatMap(([field, value]) => {
    const read = (FIELDS[field] ?? asIs)(value)
    return read === undefined || read === null ? [] : [[field, read] as const]
  })
  const definition = Object.fromEntries(fields)
  const { name, title } = definition
  return { key, definition: { ...definition, name: [name, title].find(isFilled) ?? key } }
}

/** How the value of a field is read; undefined leaves the field out. */
const FIELDS: Readonly<Record<string, ((value: unknown) => unknown) | undefined>> = {
  name: asText,
  title: asText,
  description: asText,
  mimeType: asText,
  size: (value) => (typeof value === 'number' && Number.isFinite(value) ? value : undefined),
  annotations: (value) => (isRecord(value) && isAnnotations(value) ? value : undefined),
  _meta: (value) => (isRecord(value) ? value : undefined),
  icons: readIcons,
  arguments: readArguments,
}

function asIs(value: unknown): unknown {
  return value
}

function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function isFilled(text: unknown): text is string {
  return typeof text === 'string' && text.trim() !== ''
}

/** Icons as clients can read them: `sizes` was one text in an older draft. */
export function readIcons(value: unknown): readonly object[] | undefined {
  if (!Array.isArray(value)) return undefined
  const icons = value.filter(isRecord).flatMap(({ src, mimeType, sizes, theme, ...more }) => {
    if (typeof src !== 'string') return []
    const list = typeof sizes === 'string' ? [sizes] : sizes
    const isSizes = Array.isArray(list) && list.every((size) => typeof size === 'string')
    return [
      {
        ...more,
        src,
        ...(typeof mimeType === 'string' ? { mimeType } : {}),
        ...(isSizes ? { sizes: list } : {}),
        ...(theme === 'light' || theme === 'dark' ? { theme } : {}),
      },
    ]
  })
  return icons.length === 0 ? undefined : icons
}

function readArguments(value: unknown): readonly object[] | undefined {
  if (!Array.isArray(value)) return undefined
  return value.filter(isRecord).flatMap(({ name, title, description, required, ...more }) => {
    if (typeof name !== 'string' || name === '') return []
    return [
      {
        ...more,
        name,
        ...(typeof title === 'string' ? { title } : {}),
        ...(typeof description === 'string' ? { description } : {}),
        ...(typeof required === 'boolean' ? { required } : {}),
      },
    ]
  })
}
