import { LRUCache } from 'lru-cache'
import { isRecord } from '../../internal/json.ts'

/** Where a program does not say: whatever the machine has. */
const LOCALE = 'en-US'
const TIME_ZONE = 'UTC'
const MAX_FORMATTERS = 64
/**
 * V8 counts a formatter as some bytes where it is tens of kilobytes, and 30,000 grow the process by 800 MB. Memory that V8 does
 * count, and that is never touched, makes it collect them: with 128 MB once in 256 they stay below 30 MB (Node.js 20, 24).
 */
const PRESSURE_EVERY = 256
const PRESSURE_BYTES = 128 * 1024 * 1024
const MAX_LOCALES = 20
/** Characters of one text: what ICU does with it cannot be interrupted. */
const MAX_CHARS = 200_000

const FORMATTERS = {
  NumberFormat: Intl.NumberFormat,
  DateTimeFormat: Intl.DateTimeFormat,
  Collator: Intl.Collator,
  PluralRules: Intl.PluralRules,
  RelativeTimeFormat: Intl.RelativeTimeFormat,
  ListFormat: Intl.ListFormat,
  DisplayNames: Intl.DisplayNames,
  Segmenter: Intl.Segmenter,
} as const
type Type = keyof typeof FORMATTERS
/** Which parts a date is shown with when its options name none: as of the three functions of `Date`, or of `Intl`. */
type Defaults = 'date' | 'time' | 'all' | null

const METHODS: Readonly<Record<Type, ReadonlySet<unknown>>> = {
  NumberFormat: new Set(['format', 'formatToParts', 'formatRange', 'formatRangeToParts', 'resolvedOptions']),
  DateTimeFormat: new Set(['format', 'formatToParts', 'formatRange', 'formatRangeToParts', 'resolvedOptions']),
  Collator: new Set(['compare', 'resolvedOptions']),
  PluralRules: new Set(['select', 'selectRange', 'resolvedOptions']),
  RelativeTimeFormat: new Set(['format', 'formatToParts', 'resolvedOptions']),
  ListFormat: new Set(['format', 'formatToParts', 'resolvedOptions']),
  DisplayNames: new Set(['of', 'resolvedOptions']),
  Segmenter: new Set(['segment', 'resolvedOptions']),
}

const { toLocaleLowerCase, toLocaleUpperCase } = String.prototype

/** A formatter of any type, as its methods are called: by name. */
type Formatter = Record<string, (...values: readonly unknown[]) => unknown>

/**
 * Answers `[type, locales, options, defaults, method, values]`: what a method of a formatter of `Intl` answers. Without a method it
 * only makes the formatter, which refuses what it does not know.
 */
export function createIntlService(): (request: unknown) => unknown {
  const formatters = new LRUCache<string, Formatter>({ max: MAX_FORMATTERS })
  let made = 0
  return (request) => {
    const [type, locales, options, defaults, method, values] = Array.isArray(request) ? (request as unknown[]) : []
    if (type === 'case') return changeCase(locales, options, defaults)
    if (type === 'canonical') return Intl.getCanonicalLocales(localesOf(locales))
    if (type === 'values') return Intl.supportedValuesOf(String(locales) as 'currency')
    if (!isType(type)) throw new TypeError('there is no such formatter')
    if (method === 'supportedLocalesOf') return supportedLocales(type, localesOf(locales))
    const key = JSON.stringify([type, locales, options, defaults])
    let formatter = formatters.get(key)
    if (formatter === undefined) {
      formatter = make(type, localesOf(locales), isRecord(options) ? options : {}, defaults as Defaults)
      formatters.set(key, formatter)
      made++
      if (made % PRESSURE_EVERY === 0) collect()
    }
    if (!METHODS[type].has(method)) return null
    const answer = formatter[method as string]?.(...(Array.isArray(values) ? values.map(valueOf) : []))
    return type === 'Segmenter' && method === 'segment' ? [...(answer as Iterable<unknown>)] : answer
  }
}

function supportedLocales(type: Type, locales: readonly string[]): readonly string[] {
  const { supportedLocalesOf } = FORMATTERS[type] as {
    supportedLocalesOf(locales: readonly string[]): readonly string[]
  }
  return supportedLocalesOf.call(FORMATTERS[type], locales)
}

function collect(): void {
  try {
    void new ArrayBuffer(PRESSURE_BYTES).byteLength
  } catch {
    // A process with less address space than that is bounded by itself.
  }
}

function isType(type: unknown): type is Type {
  return typeof type === 'string' && Object.hasOwn(FORMATTERS, type)
}

function make(type: Type, locales: readonly string[], options: Record<string, unknown>, defaults: Defaults): Formatter {
  // Behind all others, so that the default of the machine is never taken.
  const asked = [...locales, LOCALE]
  if (type !== 'DateTimeFormat') {
    const Maker = FORMATTERS[type] as unknown as new (locales: string[], options: object) => Formatter
    return new Maker(asked, options)
  }
  const dated = { ...withDefaults(options, defaults), timeZone: String(options['timeZone'] ?? TIME_ZONE) }
  return new Intl.DateTimeFormat(asked, dated) as unknown as Formatter
}

const DATE_PARTS = ['weekday', 'year', 'month', 'day'] as const
const TIME_PARTS = ['dayPeriod', 'hour', 'minute', 'second', 'fractionalSecondDigits'] as const

/** As `toLocaleString`, `toLocaleDateString` and `toLocaleTimeString` fill in what their options leave open (ECMA-402). */
function withDefaults(options: Record<string, unknown>, defaults: Defaults): Record<string, unknown> {
  if (defaults === null) return options
  const { dateStyle, timeStyle } = options
  if (defaults === 'date' && timeStyle !== undefined) throw new TypeError('Invalid option : timeStyle')
  if (defaults === 'time' && dateStyle !== undefined) throw new TypeError('Invalid option : dateStyle')
  const required = [...(defaults === 'time' ? [] : DATE_PARTS), ...(defaults === 'date' ? [] : TIME_PARTS)]
  if (dateStyle !== undefined || timeStyle !== undefined) return options
  if (required.some((part) => options[part] !== undefined)) return options
  const date = defaults === 'time' ? {} : { year: 'numeric', month: 'numeric', day: 'numeric' }
  const time = defaults === 'date' ? {} : { hour: 'numeric', minute: 'numeric', second: 'numeric' }
  return { ...options, ...date, ...time }
}

function changeCase(locales: unknown, text: unknown, wanted: unknown): string {
  const asked = localesOf(locales)
  const shown = String(valueOf(['s', text]))
  return wanted === 'upper' ? toLocaleUpperCase.call(shown, asked) : toLocaleLowerCase.call(shown, asked)
}

function localesOf(locales: unknown): string[] {
  if (!Array.isArray(locales)) return []
  if (locales.length > MAX_LOCALES) throw new RangeError(`more than ${MAX_LOCALES} locales`)
  return locales.map(String)
}

/** Values come as a letter for their type and a text, because JSON has no word for some of them. */
function valueOf(value: unknown): unknown {
  const [type, content] = Array.isArray(value) ? (value as unknown[]) : []
  if (type === 'n') return Number(content)
  if (type === 'b') return BigInt(String(content))
  if (type === 'u') return undefined
  if (type === 'l') return Array.isArray(content) ? content.map((item) => valueOf(['s', item])) : []
  const text = String(content)
  if (text.length > MAX_CHARS) throw new RangeError(`a text of more than ${MAX_CHARS} characters`)
  return text
}
