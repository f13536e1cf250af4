import type { GuestTools } from './guest-tools.ts'

/** What the glue puts on the prototypes: the receiver, then what the method was called with. */
export interface LocaleMethods {
  readonly [method: string]: (self: unknown, first: unknown, second: unknown, third: unknown) => unknown
}

/** `Intl` and the locale functions of numbers, dates, texts and lists; the thread around the guest formats. */
export function createLocale({ ask, hide }: GuestTools): { Intl: object; methods: LocaleMethods } {
  type Encoded = readonly [string, unknown]
  type Values = readonly unknown[]
  const { is, keys, create, defineProperty } = Object
  const numberValue = Number.prototype.valueOf
  const bigIntValue = BigInt.prototype.valueOf
  const dateValue = Date.prototype.getTime
  const { toUpperCase, toLowerCase } = String.prototype

  // ---- questions ---------------------------------------------------------------------------------------------

  const localesOf = (locales: unknown): string[] | null => {
    if (locales === undefined) return null
    if (typeof locales === 'string') return [locales]
    if (locales === null) throw new TypeError('Cannot convert undefined or null to object')
    const { length } = locales as ArrayLike<unknown>
    if (length === undefined) return [String(locales)]
    return Array.from(locales as ArrayLike<unknown>, (locale) => {
      if (typeof locale === 'string' || (typeof locale === 'object' && locale !== null)) return String(locale)
      throw new TypeError('Language ID should be string or object.')
    })
  }

  const optionsOf = (options: unknown): Record<string, unknown> => {
    const plain = create(null) as Record<string, unknown>
    if (options === undefined) return plain
    if (options === null) throw new TypeError('Cannot convert undefined or null to object')
    const given = options as Record<string, unknown>
    for (const name of keys(Object(options) as object)) {
      const value = given[name]
      if (value === undefined) continue
      plain[name] = typeof value === 'number' || typeof value === 'boolean' ? value : String(value)
      // JSON has no word for these, and all of them are refused.
      if (typeof value === 'number' && !isFinite(value)) plain[name] = String(value)
    }
    return plain
  }

  const numeric = (value: unknown): Encoded => {
    if (typeof value === 'bigint') return ['b', String(value)]
    if (typeof value === 'string') return ['s', value]
    const number = Number(value)
    return ['n', is(number, -0) ? '-0' : String(number)]
  }
  const plainNumber = (value: unknown): Encoded => numeric(Number(value))
  const dated = (value: unknown): Encoded => plainNumber(value === undefined ? Date.now() : value)
  const text = (value: unknown): Encoded => ['s', String(value)]
  const texts = (value: unknown): Encoded => [
    'l',
    Array.from((value ?? []) as Iterable<unknown>, (item) => {
      if (typeof item !== 'string') throw new TypeError('Iterable yielded a non-String value')
      return item
    }),
  ]

  type Ask = readonly [
    type: string,
    locales: string[] | null,
    options: Record<string, unknown>,
    defaults: string | null,
  ]
  const question = (type: string, locales: unknown, options: unknown, defaults: string | null = null): Ask => [
    type,
    localesOf(locales),
    optionsOf(options),
    defaults,
  ]
  const answerOf = (formatter: Ask, method: string, values: readonly Encoded[]): unknown =>
    ask('intl', [...formatter, method, values])

  // ---- Intl --------------------------------------------------------------------------------------------------

  const asks = new WeakMap<object, Ask>()
  const askOf = (formatter: unknown, type: string): Ask => {
    const found = asks.get(Object(formatter) as object)
    if (found === undefined || found[0] !== type) throw new TypeError(`this is not an Intl.${type}`)
    return found
  }
  type Encode = (value: unknown) => Encoded
  const intl = {}
  hide(intl, Symbol.toStringTag, 'Intl')

  /** `bound`: the method that programs hand around without its formatter. */
  const define = (type: string, methods: Readonly<Record<string, readonly Encode[]>>, bound?: string): void => {
    const Formatter = function (this: unknown, locales: unknown, options: unknown): object {
      const target = new.target ?? Formatter
      const formatter = Reflect.construct(Object, [], target) as object
      const made = question(type, locales, options)
      answerOf(made, '', [])
      asks.set(formatter, made)
      return formatter
    }
    defineProperty(Formatter, 'name', { value: type })
    const { prototype } = Formatter
    for (const name of keys(methods)) {
      const encodes = methods[name] as readonly Encode[]
      const run = (self: unknown, values: Values): unknown => {
        const made = askOf(self, type)
        return answerOf(
          made,
          name,
          encodes.map((encode, i) => encode(values[i])),
        )
      }
      if (name !== bound) {
        hide(prototype, name, function (this: unknown, ...values: Values) {
          return run(this, values)
        })
      } else
        defineProperty(prototype, name, {
          configurable: true,
          get(this: object) {
            const fn = (...values: Values): unknown => run(this, values)
            hide(this, name, fn)
            return fn
          },
        })
    }
    hide(prototype, 'resolvedOptions', function (this: unknown) {
      return answerOf(askOf(this, type), 'resolvedOptions', [])
    })
    hide(Formatter, 'supportedLocalesOf', (locales: unknown) =>
      answerOf(question(type, locales, undefined), 'supportedLocalesOf', []),
    )
    hide(prototype, Symbol.toStringTag, `Intl.${type}`)
    hide(intl, type, Formatter)
  }

  const range = [numeric, numeric] as const
  define(
    'NumberFormat',
    { format: [numeric], formatToParts: [numeric], formatRange: range, formatRangeToParts: range },
    'format',
  )
  const dates = [dated, dated] as const
  define(
    'DateTimeFormat',
    { format: [dated], formatToParts: [dated], formatRange: dates, formatRangeToParts: dates },
    'format',
  )
  define('Collator', { compare: [text, text] }, 'compare')
  define('PluralRules', { select: [plainNumber], selectRange: [plainNumber, plainNumber] })
  define('RelativeTimeFormat', { format: [plainNumber, text], formatToParts: [plainNumber, text] })
  define('ListFormat', { format: [texts], formatToParts: [texts] })
  define('DisplayNames', { of: [text] })
  define('Segmenter', { segment: [text] })
  hide(intl, 'getCanonicalLocales', (locales: unknown) => ask('intl', ['canonical', localesOf(locales)]))
  hide(intl, 'supportedValuesOf', (key: unknown) => ask('intl', ['values', String(key)]))

  // ---- methods of other prototypes ---------------------------------------------------------------------------

  const dateText = (self: unknown, locales: unknown, options: unknown, defaults: string): unknown => {
    const time = dateValue.call(self as Date)
    if (time !== time) return 'Invalid Date'
    return answerOf(question('DateTimeFormat', locales, options, defaults), 'format', [numeric(time)])
  }
  const caseText = (self: unknown, locales: unknown, wanted: 'upper' | 'lower'): unknown => {
    const content = String(self)
    if (locales === undefined) return wanted === 'upper' ? toUpperCase.call(content) : toLowerCase.call(content)
    return ask('intl', ['case', localesOf(locales), content, wanted])
  }
  const listText = (self: unknown, locales: unknown, options: unknown): string => {
    let line = ''
    const list = self as ArrayLike<{ toLocaleString(...options: unknown[]): unknown } | null | undefined>
    for (let i = 0; i < list.length; i++) {
      const item = list[i]
      line += (i === 0 ? '' : ',') + (item === null || item === undefined ? '' : item.toLocaleString(locales, options))
    }
    return line
  }
  const plain: Ask = ['Collator', null, optionsOf(undefined), null]

  return {
    Intl: intl,
    methods: {
      number: (self, locales, options) =>
        answerOf(question('NumberFormat', locales, options), 'format', [numeric(numberValue.call(self as number))]),
      bigint: (self, locales, options) =>
        answerOf(question('NumberFormat', locales, options), 'format', [numeric(bigIntValue.call(self as bigint))]),
      date: (self, locales, options) => dateText(self, locales, options, 'all'),
      day: (self, locales, options) => dateText(self, locales, options, 'date'),
      time: (self, locales, options) => dateText(self, locales, options, 'time'),
      upper: (self, locales) => caseText(self, locales, 'upper'),
      lower: (self, locales) => caseText(self, locales, 'lower'),
      list: listText,
      compare: (self, other, locales, options) => {
        const left = String(self)
        const right = String(other)
        const asked = locales === undefined && options === undefined ? plain : question('Collator', locales, options)
        return left === right ? 0 : answerOf(asked, 'compare', [text(left), text(right)])
      },
    },
  }
}
