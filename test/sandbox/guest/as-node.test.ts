import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createServices } from '../../../src/sandbox/guest/services.ts'
import { DEFAULT_LIMITS, type Sandbox, type SandboxBackend } from '../../../src/sandbox/sandbox.ts'
import { createWasmBackend } from '../../../src/sandbox/wasm/backend.ts'
import { body } from '../../contracts/sandbox.ts'

const CASES = 300
const LOCALES = ['en-US', 'de-DE', 'fr', 'ja-JP', 'ar-EG', 'hi-IN', 'tr', 'sv'] as const

/** An expression over `c`; it does the same in the program and here, for each case. */
interface Property {
  readonly name: string
  readonly expression: string
  readonly cases: fc.Arbitrary<unknown>
}

const maybe = <T>(...values: readonly T[]): fc.Arbitrary<T | undefined> =>
  fc.option(fc.constantFrom(...values), { nil: undefined })
const locale = fc.constantFrom(...LOCALES)
const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.constantFrom('item10', 'item2', 'Zoë', 'zoe', 'Z', 'ä', 'a b', 'a-b', 'straße', 'strasse', 'İ', '\ud800'),
)

const numberOptions = fc.record(
  {
    style: maybe('decimal', 'percent', 'currency', 'unit'),
    currency: fc.constantFrom('USD', 'EUR', 'JPY'),
    unit: fc.constantFrom('kilobyte', 'mile-per-hour'),
    currencyDisplay: maybe('symbol', 'code', 'name'),
    minimumFractionDigits: fc.option(fc.nat(5), { nil: undefined }),
    maximumFractionDigits: fc.option(fc.nat(8), { nil: undefined }),
    maximumSignificantDigits: fc.option(fc.integer({ min: 0, max: 22 }), { nil: undefined }),
    notation: maybe('standard', 'compact', 'scientific', 'engineering'),
    signDisplay: maybe('auto', 'always', 'never', 'exceptZero'),
    useGrouping: fc.option(fc.boolean(), { nil: undefined }),
  },
  { requiredKeys: ['currency', 'unit'] },
)
const dateOptions = fc.record(
  {
    weekday: maybe('long', 'short', 'narrow'),
    era: maybe('short'),
    year: maybe('numeric', '2-digit'),
    month: maybe('numeric', '2-digit', 'long', 'short'),
    day: maybe('numeric', '2-digit'),
    hour: maybe('numeric', '2-digit'),
    minute: maybe('numeric', '2-digit'),
    second: maybe('numeric'),
    fractionalSecondDigits: maybe(1, 3),
    hour12: fc.option(fc.boolean(), { nil: undefined }),
    hourCycle: maybe('h23', 'h12'),
    dateStyle: fc.option(fc.constantFrom('full', 'short'), { nil: undefined, freq: 8 }),
    timeStyle: fc.option(fc.constantFrom('long', 'medium'), { nil: undefined, freq: 8 }),
    timeZone: fc.constantFrom(
      'UTC',
      'America/New_York',
      'Asia/Kolkata',
      'Australia/Lord_Howe',
      '+05:30',
      'Nowhere/At_All',
    ),
    timeZoneName: maybe('short', 'long'),
  },
  { requiredKeys: ['timeZone'] },
)
const urlText = fc.oneof(
  fc.webUrl({ withQueryParameters: true, withFragments: true }),
  fc.string({ unit: 'binary-ascii', maxLength: 20 }),
  fc
    .tuple(
      fc.constantFrom(
        'http://',
        'https:',
        'file:///',
        'mailto:',
        'data:',
        'ws://',
        '',
        '//',
        'x-own://',
        'HTTP://a@b:80',
      ),
      fc.constantFrom(
        'EXAMPLE.com',
        '127.1',
        '0x7f.0.0.1',
        '[::1]',
        '[::ffff:1.2.3.4]',
        'münchen.de',
        'a b',
        'a%41',
        'u:p@h:0443',
        '',
      ),
      fc.constantFrom('', '/', '/a/../b/./c', '\\a', '/%7Ä%zz', '?a=1&b=%20', '#ü', '/C|/x', '/a?b#c?d'),
    )
    .map((parts) => parts.join('')),
)

const PROPERTIES: readonly Property[] = [
  {
    name: 'numbers',
    expression: 'c.n.toLocaleString(c.locale, c.options)',
    cases: fc.record({
      n: fc.oneof(
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.integer(),
        fc.constantFrom(0, 0.5, 1234567.891),
      ),
      locale,
      options: numberOptions,
    }),
  },
  {
    name: 'large integers',
    expression: 'BigInt(c.n).toLocaleString(c.locale)',
    cases: fc.record({ n: fc.bigInt().map(String), locale }),
  },
  ...(['toLocaleString', 'toLocaleDateString', 'toLocaleTimeString'] as const).map((method) => ({
    name: `dates by ${method}`,
    expression: `new Date(c.at).${method}(c.locale, c.options)`,
    cases: fc.record({ at: fc.integer({ min: -8.64e15, max: 8.64e15 }).map((at) => at), locale, options: dateOptions }),
  })),
  {
    name: 'order of texts',
    expression: 'Math.sign(c.a.localeCompare(c.b, c.locale, c.options))',
    cases: fc.record({
      a: text,
      b: text,
      locale: fc.option(locale, { nil: undefined }),
      options: fc.record(
        {
          numeric: fc.boolean(),
          sensitivity: fc.constantFrom('base', 'accent', 'case', 'variant'),
          caseFirst: fc.constantFrom('upper', 'lower', 'false'),
          ignorePunctuation: fc.boolean(),
        },
        { requiredKeys: [] },
      ),
    }),
  },
  {
    name: 'case of texts',
    expression: '[c.a.toLocaleUpperCase(c.locale), c.a.toLocaleLowerCase(c.locale)]',
    cases: fc.record({ a: text, locale }),
  },
  {
    name: 'URLs',
    expression: `((u) => [u.href, u.origin, u.protocol, u.username, u.password, u.host, u.port, u.pathname, u.search, u.hash, [...u.searchParams]])(c.base === undefined ? new URL(c.url) : new URL(c.url, c.base))`,
    cases: fc.record({ url: urlText, base: fc.option(urlText, { nil: undefined }) }),
  },
  {
    name: 'parts of URLs that are set',
    expression: `((u) => { u[c.part] = c.value; return u.href })(new URL(c.url))`,
    cases: fc.record({
      url: fc.webUrl(),
      part: fc.constantFrom(
        'protocol',
        'username',
        'password',
        'host',
        'hostname',
        'port',
        'pathname',
        'search',
        'hash',
      ),
      value: fc.oneof(text, fc.constantFrom('https:', '8080', 'a.b:1', '?x=ä', '#', '')),
    }),
  },
  {
    name: 'queries',
    expression: `((p) => { p.append(c.name, c.value); p.sort(); return [p.toString(), [...p], p.getAll(c.name), p.has('a'), p.size] })(new URLSearchParams(c.init))`,
    cases: fc.record({
      init: fc.oneof(
        text,
        fc.webQueryParameters(),
        fc.array(fc.tuple(text, text), { maxLength: 4 }),
        fc.dictionary(text, text),
      ),
      name: text,
      value: text,
    }),
  },
  {
    name: 'bytes of texts',
    expression: '[...new TextEncoder().encode(c)]',
    cases: fc.string({ unit: 'binary' }),
  },
  {
    name: 'texts of bytes, at once and in pieces',
    expression: `((d, e) => [d.decode(Uint8Array.from(c.bytes)), c.bytes.map((byte) => e.decode(Uint8Array.of(byte), { stream: true })).join('') + e.decode()])(new TextDecoder(c.label, c.options), new TextDecoder(c.label, c.options))`,
    cases: fc.record({
      bytes: fc.oneof(
        fc.array(fc.nat(255), { maxLength: 12 }),
        fc.string({ unit: 'binary', maxLength: 6 }).map((content) => [...new TextEncoder().encode(content)]),
      ),
      label: fc.constantFrom('utf-8', 'utf-16le'),
      options: fc.record({ fatal: fc.boolean(), ignoreBOM: fc.boolean() }),
    }),
  },
  {
    name: 'copies of values',
    expression: `((copy) => [copy, copy !== c])(structuredClone(c))`,
    cases: fc.array(fc.jsonValue(), { minLength: 1 }),
  },
]

/** Of several wrong options versions of Node.js complain of one or the other first. */
function isRefusal(value: unknown): boolean {
  return value === 'TypeError' || value === 'RangeError'
}

describe('what programs compute as Node.js does', () => {
  let backend: SandboxBackend
  let sandbox: Sandbox
  beforeAll(async () => {
    backend = createWasmBackend({ poolSize: 1 })
    sandbox = await backend.create({ version: 'as-node', functions: [], modules: [] })
  })
  afterAll(async () => {
    await sandbox[Symbol.asyncDispose]()
    await backend[Symbol.asyncDispose]()
  })

  it.each(PROPERTIES)('$name', async ({ expression, cases }) => {
    const list: unknown = JSON.parse(JSON.stringify(fc.sample(cases, { numRuns: CASES })))
    const program = `return params.map((c) => { try { return ${expression} } catch (e) { return e.name } })`
    const outcome = await sandbox.run(body(program, list), async () => '', { ...DEFAULT_LIMITS, timeoutMs: 20_000 })
    expect(outcome).toMatchObject({ status: 'ok' })
    // oxlint-disable-next-line typescript/no-implied-eval
    const here = new Function('params', program) as (params: unknown) => unknown
    const wanted = JSON.parse(JSON.stringify(here(list))) as unknown[]
    const found = JSON.parse(outcome.value ?? '') as unknown[]
    const different = wanted.flatMap((value, i) =>
      JSON.stringify(value) === JSON.stringify(found[i]) || (isRefusal(value) && isRefusal(found[i]))
        ? []
        : [{ case: (list as unknown[])[i], wanted: value, found: found[i] }],
    )
    expect(different).toEqual([])
  })
})

describe('the services that programs ask', () => {
  const answer = createServices()
  const ask = (...question: readonly unknown[]): unknown => JSON.parse(answer(JSON.stringify(question)))

  it.each([
    [['source', '__proto__'], null],
    [['source', 'constructor'], null],
    [['source', '../parts.ts'], null],
    [['source', {}], null],
    [['nothing'], null],
    [[], null],
    [['intl', ['NumberFormat', null, {}, null, 'constructor', []]], null],
    [['intl', ['NumberFormat', null, {}, null, '__proto__', []]], null],
    [['intl', ['DateTimeFormat', null, {}, null, '', []]], null],
  ])('have no more than they should: %j', (question, value) => {
    expect(ask(...question)).toEqual({ value })
  })

  it.each([
    [['intl', ['constructor', null, {}, null, 'call', []]], 'TypeError'],
    [['intl', null], 'TypeError'],
    [['intl', ['Collator', Array.from({ length: 21 }, () => 'en'), {}, null, '', []]], 'RangeError'],
    [
      [
        'intl',
        [
          'Collator',
          null,
          {},
          null,
          'compare',
          [
            ['s', 'x'.repeat(200_001)],
            ['s', ''],
          ],
        ],
      ],
      'RangeError',
    ],
    [['url', ['no url', null]], 'TypeError'],
    [['url', {}], 'TypeError'],
    [['decode', { label: 'klingon' }], 'RangeError'],
  ])('refuse what they cannot do: %.60j', (question, name) => {
    expect(ask(...question)).toEqual({ error: expect.objectContaining({ name }) })
  })

  it('decode latin1 as the web does, where Node.js 20 and 22 do not', () => {
    const bytes = Buffer.from([0x80, 0x9c, 0xe4]).toString('base64')
    expect(ask('decode', { label: 'latin1', bytes })).toEqual({ value: { encoding: 'windows-1252', text: '€œä' } })
  })

  it('answer questions of any form', () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.constantFrom('source', 'intl', 'url', 'readQuery', 'writeQuery', 'encode', 'decode'),
        (value, kind) => {
          expect(JSON.parse(answer(JSON.stringify([kind, value])))).toBeTypeOf('object')
          expect(JSON.parse(answer(JSON.stringify(value)))).toBeTypeOf('object')
        },
      ),
    )
  })
})
