import { describe } from 'vitest'
import { DailyWorld } from './daily-world.ts'

const world = new DailyWorld()

// Each is run in Node.js as well: the value must be the same.

describe('dates in programs', () => {
  world.asNode([
    [
      'the days between two dates',
      `const days = (a, b) => Math.round((Date.parse(b) - Date.parse(a)) / 86_400_000)
return [days('2026-02-27', '2026-03-02'), days('2024-02-27', '2024-03-02'), days('2026-12-31', '2027-01-01')]`,
    ],
    [
      'the last day of each month',
      `return Array.from({ length: 12 }, (_, m) => new Date(Date.UTC(2028, m + 1, 0)).getUTCDate())`,
    ],
    [
      'ISO weeks',
      `function isoWeek(text) {
  const d = new Date(text + 'T00:00:00Z')
  d.setUTCDate(d.getUTCDate() + 4 - (d.getUTCDay() || 7))
  const start = new Date(Date.UTC(d.getUTCFullYear(), 0, 1))
  return \`\${d.getUTCFullYear()}-W\${String(Math.ceil(((d - start) / 86400000 + 1) / 7)).padStart(2, '0')}\`
}
return ['2026-01-01', '2027-01-01', '2026-12-31', '2024-12-30'].map(isoWeek)`,
    ],
    [
      'dates formatted by hand',
      `const d = new Date('2026-03-05T07:08:09.012Z')
const pad = (n, w = 2) => String(n).padStart(w, '0')
return \`\${d.getUTCFullYear()}\${pad(d.getUTCMonth() + 1)}\${pad(d.getUTCDate())}T\${pad(d.getUTCHours())}\${pad(d.getUTCMinutes())}.\${pad(d.getUTCMilliseconds(), 3)}\``,
    ],
    [
      'dates of locales',
      `const d = new Date('2026-03-05T07:08:09Z')
return [
  d.toLocaleDateString('en-US', { timeZone: 'UTC' }), d.toLocaleDateString('de-DE', { dateStyle: 'long', timeZone: 'UTC' }),
  d.toLocaleTimeString('en-US', { hour: '2-digit', minute: '2-digit', timeZone: 'America/Los_Angeles' }),
  new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Kolkata' }).format(d), d.toLocaleDateString('ja-JP', { timeZone: 'UTC', weekday: 'short', month: 'long', day: 'numeric' }),
]`,
    ],
    [
      'the offset of a time zone by its parts',
      `const offset = (zone, date) => {
  const parts = Object.fromEntries(new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' }).formatToParts(date).map((p) => [p.type, p.value]))
  return (Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute, parts.second) - date.getTime()) / 60000
}
return ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kathmandu'].map((z) => [z, offset(z, new Date('2026-01-15T12:00:00Z')), offset(z, new Date('2026-07-15T12:00:00Z'))])`,
    ],
    [
      'time that passed in words',
      `const rtf = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })
const ago = (from, to) => {
  const s = Math.round((Date.parse(from) - Date.parse(to)) / 1000)
  for (const [unit, size] of [['day', 86400], ['hour', 3600], ['minute', 60]]) if (Math.abs(s) >= size) return rtf.format(Math.round(s / size), unit)
  return rtf.format(s, 'second')
}
return [ago('2026-03-01', '2026-03-02'), ago('2026-03-02T10:00Z', '2026-03-02T12:30Z'), ago('2026-03-02T10:00Z', '2026-03-02T10:00:10Z')]`,
    ],
    [
      'working days added',
      `const add = (text, n) => { const d = new Date(text); while (n > 0) { d.setUTCDate(d.getUTCDate() + 1); if (d.getUTCDay() % 6) n-- } return d.toISOString().slice(0, 10) }
return [add('2026-03-05', 1), add('2026-03-06', 1), add('2026-02-26', 5)]`,
    ],
    [
      'dates that are none',
      `const texts = ['2026-02-30', '30.01.2026', 'tomorrow', '', '2026-13-01', '2026-1-5', '2026-01-05T25:00', 'March 7, 2026 10:00 UTC', '2026-01-05T10:00+02:00', 'Sat, 07 Mar 2026 10:00:00 GMT']
return texts.map((t) => { const d = new Date(t); return isNaN(d) ? null : d.toISOString() })`,
    ],
    [
      'dates as values of JSON',
      `const d = new Date(0)
return [d, JSON.stringify({ d }), JSON.stringify(new Date(NaN)), d.toJSON(), +d, \`\${d.getTime()}\`, JSON.parse(JSON.stringify([d]), (k, v) => (k === '0' ? new Date(v).getUTCFullYear() : v))]`,
    ],
    [
      'events grouped by day',
      `const { events } = await tools.calendar.list_events({})
return Object.entries(events.reduce((days, e) => { const day = e.start.slice(0, 10); (days[day] = days[day] || []).push(e.title); return days }, {}))
  .map(([day, titles]) => new Date(day).toLocaleDateString('en-GB', { weekday: 'short', day: '2-digit', month: 'short', timeZone: 'UTC' }) + ': ' + titles.join(', '))`,
    ],
  ])
})

describe('numbers and money in programs', () => {
  world.asNode([
    [
      'rounding to cents',
      `return [1.005, 2.675, 1.255, -1.005, 10.075].map((n) => [n.toFixed(2), Math.round(n * 100) / 100, Math.round((n + Number.EPSILON) * 100) / 100, +(Math.round(n + 'e2') + 'e-2')])`,
    ],
    [
      'a sum in cents, with a tax split so that nothing is lost',
      `const cents = [19.99, 5.01, 0.1, 0.2].map((p) => Math.round(p * 100))
const total = cents.reduce((a, b) => a + b)
const shares = cents.map((c) => Math.floor((c * 1900) / total))
for (let left = 1900 - shares.reduce((a, b) => a + b), i = 0; left > 0; left--, i++) shares[i % shares.length]++
return { total: (total / 100).toFixed(2), shares, plain: 0.1 + 0.2 }`,
    ],
    [
      'currencies',
      `const f = (v, currency, locale = 'en-US') => v.toLocaleString(locale, { style: 'currency', currency })
return [f(1234.5, 'USD'), f(-0.5, 'EUR', 'de-DE'), f(1e6, 'JPY', 'ja-JP'), f(1234.5, 'CHF', 'de-CH'), f(99.999, 'GBP', 'en-GB'), new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD', maximumFractionDigits: 0 }).format(2.5)]`,
    ],
    [
      'large and small numbers',
      `return [(1234567.891).toLocaleString(), (0.00001234).toPrecision(2), (1e21).toString(), (123.456).toExponential(1), (255).toString(16), (0.1).toString(3).slice(0, 8), Number('0x1F'), Number('1_000'), Number(''), Number(' 12 '), parseInt('12px'), parseFloat('3.14.15'), 1 / 3]`,
    ],
    [
      'bytes in words',
      `const size = (n) => { const u = ['B', 'KB', 'MB', 'GB']; let i = 0; while (n >= 1024 && i < 3) { n /= 1024; i++ } return \`\${n.toFixed(i ? 1 : 0)} \${u[i]}\` }
return [0, 1023, 1024, 1536, 1048576 * 3.25, 2 ** 41].map(size)`,
    ],
    [
      'numbers read out of texts',
      `const read = (s) => Number(s.replace(/[^\\d.,-]/g, '').replace(/[.,](?=\\d{3}\\b)/g, '').replace(',', '.'))
return ['$1,234.50', '1.234,5 €', '-12', '€ 0,99', '7%'].map(read)`,
    ],
    [
      'sums that overflow to what is no number',
      `return [Infinity, -Infinity, NaN, -0, Math.max(), Math.min(...[]), 0 / 0].map((n) => [n, Number.isFinite(n), Object.is(n, -0)])`,
    ],
    ['bits', `return [5 & 3, 5 | 3, 5 ^ 3, ~5, -1 >>> 0, 1 << 31, 2 ** 53 === 2 ** 53 + 1, 0b1010, 0o17, 1e3 | 0]`],
    [
      'BigInt arithmetic',
      `const fact = (n) => (n <= 1n ? 1n : n * fact(n - 1n))
return [String(fact(25n)), (2n ** 64n).toString(36), Number(BigInt.asIntN(8, 255n)), (-7n / 2n).toString(), (7n % -4n).toString(), BigInt('0xff') === 255n, 10n > 9, typeof 1n]`,
    ],
    [
      'primes and their product',
      `const sieve = (n) => { const is = new Uint8Array(n + 1).fill(1); for (let p = 2; p * p <= n; p++) if (is[p]) for (let m = p * p; m <= n; m += p) is[m] = 0; return [...is.keys()].filter((i) => i > 1 && is[i]) }
return { count: sieve(10_000).length, last: sieve(10_000).at(-1), product: sieve(50).reduce((a, p) => a * BigInt(p), 1n).toString() }`,
    ],
    [
      'statistics',
      `const xs = [2, 4, 4, 4, 5, 5, 7, 9]
const mean = xs.reduce((a, b) => a + b) / xs.length
const sd = Math.sqrt(xs.reduce((s, x) => s + (x - mean) ** 2, 0) / xs.length)
return { mean, sd, z: xs.map((x) => ((x - mean) / sd).toFixed(2)), hyp: Math.hypot(3, 4), log: Math.log2(1024), cbrt: Math.cbrt(27), sign: xs.map((x) => Math.sign(x - mean)), trunc: Math.trunc(-4.7), fround: Math.fround(5.5) }`,
    ],
  ])
})

describe('texts in programs', () => {
  world.asNode([
    [
      'slugs',
      `const slug = (s) => s.normalize('NFD').replace(/\\p{M}/gu, '').toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '')
return ['Ångström & Søn', '  Crème brûlée!! ', 'Ünïcödé—dash', '日本語 text', 'ŒUVRE'].map(slug)`,
    ],
    [
      'cases',
      `const words = (s) => s.replace(/([a-z\\d])([A-Z])/g, '$1 $2').split(/[\\s_-]+/).map((w) => w.toLowerCase())
const s = ['listOpenIssues', 'HTTP_status-code', 'already plain']
return s.map((t) => [words(t).join('_'), words(t).map((w, i) => (i ? w[0].toUpperCase() + w.slice(1) : w)).join(''), words(t).map((w) => w[0].toUpperCase() + w.slice(1)).join(' ')])`,
    ],
    [
      'emoji and their parts',
      `const s = 'a👩‍👩‍👧e\\u0301🇨🇭z'
return { units: s.length, points: [...s].length, graphemes: [...new Intl.Segmenter().segment(s)].length, first: s.codePointAt(1), back: String.fromCodePoint(0x1f600), reversed: [...'añ😀'].reverse().join(''), at: s.at(-1), well: ['a\\ud800', '😀'].map((t) => /^(?:[^\\ud800-\\udfff]|[\\ud800-\\udbff][\\udc00-\\udfff])*$/.test(t)) }`,
    ],
    [
      'widths and wrapping',
      `const wrap = (s, n) => s.split(' ').reduce((lines, w) => { const l = lines.at(-1); if ((l + ' ' + w).trim().length <= n) lines[lines.length - 1] = (l + ' ' + w).trim(); else lines.push(w); return lines }, [''])
return wrap('the quick brown fox jumps over the lazy dog and runs away', 16).map((l) => '|' + l.padEnd(16, '.') + '|')`,
    ],
    [
      'cutting in the middle',
      `const cut = (s, n) => (s.length <= n ? s : s.slice(0, Math.ceil((n - 1) / 2)) + '…' + s.slice(-Math.floor((n - 1) / 2)))
return ['short', 'a rather long title of something', 'exactly12chr'].map((s) => cut(s, 12))`,
    ],
    [
      'regular expressions of many kinds',
      `return [
  'a1b22'.replace(/\\d+/g, (m, at, all) => \`<\${m}@\${at}/\${all.length}>\`), 'x-y-z'.replaceAll('-', '$&$&'), 'John Smith'.replace(/(?<f>\\w+) (?<l>\\w+)/, '$<l>, $<f>'),
  'aBc'.split(/(?=[A-Z])/), '$5 and €6'.match(/(?<=€)\\d/)[0], 'foo.bar'.search(/\\./), /^(?!.*\\.\\.)[\\w.]+$/.test('a..b'), [...'a=1;b=2'.matchAll(/(\\w)=(\\d)/g)].map(([, k, v]) => k + v),
  'line1\\nline2'.match(/^line.$/gm), 'ΑΒΓ'.match(/\\p{Script=Greek}/gu).length, /a.c/s.test('a\\nc'), 'tel: +41 79 123'.replace(/\\D/g, ''), /(\\w)\\1/.exec('hello').index, 'aaa'.lastIndexOf('a'), /x*/y.exec('xxa')[0],
]`,
    ],
    [
      'a sticky tokenizer',
      `const re = /\\s*(?:(\\d+(?:\\.\\d+)?)|([-+*\\/()]))/y
const tokens = []
const src = '3 + 4.5*(2 - 1)/ 7'
while (re.lastIndex < src.length) { const m = re.exec(src); if (!m) throw new Error('bad'); tokens.push(m[1] ? Number(m[1]) : m[2]) }
let at = 0
const factor = () => { const t = tokens[at++]; if (t === '(') { const v = sum(); at++; return v } return t === '-' ? -factor() : t }
const product = () => { let v = factor(); while ('*/'.includes(tokens[at]) && tokens[at]) v = tokens[at++] === '*' ? v * factor() : v / factor(); return v }
const sum = () => { let v = product(); while (tokens[at] === '+' || tokens[at] === '-') v = tokens[at++] === '+' ? v + product() : v - product(); return v }
return [tokens.length, sum()]`,
    ],
    [
      'names sorted as people sort them',
      `const names = ['Zoë', 'zebra', 'Ähre', 'apfel', 'Émile', 'eva', 'item 10', 'item 9', 'Item 1', 'ß', 'ss', '_x', '1']
return [names.toSorted((a, b) => a.localeCompare(b)), names.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true, sensitivity: 'base' })), names.toSorted(), names.toSorted(new Intl.Collator('de').compare)]`,
    ],
    [
      'base64 by hand and by the platform',
      `const bytes = new TextEncoder().encode('naïve café ☕')
const b64 = btoa(String.fromCharCode(...bytes))
const back = new TextDecoder().decode(Uint8Array.from(atob(b64), (c) => c.charCodeAt(0)))
return { b64, url: b64.replace(/\\+/g, '-').replace(/\\//g, '_').replace(/=+$/, ''), back, hex: [...bytes.slice(0, 4)].map((b) => b.toString(16).padStart(2, '0')).join('') }`,
    ],
    [
      'hashes by hand',
      `const fnv = (s) => { let h = 0x811c9dc5; for (const c of new TextEncoder().encode(s)) { h ^= c; h = Math.imul(h, 0x01000193) >>> 0 } return h.toString(16) }
const djb = (s) => [...s].reduce((h, c) => ((h << 5) + h + c.codePointAt(0)) | 0, 5381)
const crc = (s) => { let c = -1; for (let i = 0; i < s.length; i++) { c ^= s.charCodeAt(i); for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1 } return (c ^ -1) >>> 0 }
return ['', 'a', 'hello world'].map((s) => [fnv(s), djb(s), crc(s)])`,
    ],
    [
      'SHA-256 by hand',
      `function sha256(text) {
  const rotr = (x, n) => (x >>> n) | (x << (32 - n))
  const primes = []; for (let n = 2; primes.length < 64; n++) if (primes.every((p) => n % p)) primes.push(n)
  const frac = (x) => ((x - Math.floor(x)) * 2 ** 32) | 0
  const H = primes.slice(0, 8).map((p) => frac(Math.sqrt(p))), K = primes.map((p) => frac(Math.cbrt(p)))
  const bytes = [...new TextEncoder().encode(text)], bits = bytes.length * 8
  bytes.push(0x80); while (bytes.length % 64 !== 56) bytes.push(0)
  for (let i = 7; i >= 0; i--) bytes.push(Math.floor(bits / 2 ** (8 * i)) & 255)
  for (let o = 0; o < bytes.length; o += 64) {
    const w = new Int32Array(64)
    for (let i = 0; i < 16; i++) w[i] = (bytes[o + 4 * i] << 24) | (bytes[o + 4 * i + 1] << 16) | (bytes[o + 4 * i + 2] << 8) | bytes[o + 4 * i + 3]
    for (let i = 16; i < 64; i++) { const a = w[i - 15], b = w[i - 2]; w[i] = (w[i - 16] + (rotr(a, 7) ^ rotr(a, 18) ^ (a >>> 3)) + w[i - 7] + (rotr(b, 17) ^ rotr(b, 19) ^ (b >>> 10))) | 0 }
    let [a, b, c, d, e, f, g, h] = H
    for (let i = 0; i < 64; i++) {
      const t1 = (h + (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)) + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0
      const t2 = ((rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0
      ;[h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) | 0, c, b, a, (t1 + t2) | 0]
    }
    ;[a, b, c, d, e, f, g, h].forEach((v, i) => (H[i] = (H[i] + v) | 0))
  }
  return H.map((v) => (v >>> 0).toString(16).padStart(8, '0')).join('')
}
return [sha256(''), sha256('abc'), sha256('a'.repeat(200))]`,
    ],
    [
      'URLs built and taken apart',
      `const u = new URL('/v1/items', 'https://api.example.com')
Object.entries({ q: 'a & b', tags: ['x', 'y'], empty: '', none: undefined }).forEach(([k, v]) => [v].flat().forEach((x) => x !== undefined && u.searchParams.append(k, x)))
const back = Object.fromEntries(new URL(u.href).searchParams)
return [u.toString(), back, encodeURIComponent("a b/ü?&'"), decodeURIComponent('%F0%9F%98%80'), encodeURI('https://x/ä b'), new URL('../b', 'https://h/a/c/d').pathname, 'x=1&y=%20'.split('&').map((p) => p.split('=').map(decodeURIComponent))]`,
    ],
    [
      'escapes and raw templates',
      `const raw = String.raw\`C:\\new\\table \${1 + 1}\`
const tag = (parts, ...values) => parts.raw.map((p, i) => p + (values[i] ?? '')).join('')
return [raw, tag\`a\\n\${1}b\`, JSON.stringify('\\u2028"\\\\\\t\\u0007'), '\\x41\\u{1F600}\\0'.length, 'multi\\
line', escape('ü b'), unescape('%u2603')]`,
    ],
    [
      'a distance of words',
      `const dist = (a, b) => { let row = Array.from({ length: b.length + 1 }, (_, i) => i); for (let i = 1; i <= a.length; i++) { const next = [i]; for (let j = 1; j <= b.length; j++) next[j] = Math.min(next[j - 1] + 1, row[j] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)); row = next } return row.at(-1) }
return ['kitten', 'sitting', '', 'kit'].map((w) => dist('kitten', w))`,
    ],
  ])
})

describe('data structures in programs', () => {
  world.asNode([
    [
      'JSON with replacers, indents and toJSON',
      `class Money { constructor(v) { this.v = v } toJSON() { return { cents: this.v } } }
return [JSON.stringify({ b: 1, a: [undefined, () => 1, Symbol('s'), NaN], u: undefined, m: new Money(5) }), JSON.stringify({ a: 1, b: { a: 2, c: 3 } }, ['a', 'b'], '--'), JSON.stringify({ n: 1, s: 'x' }, (k, v) => (typeof v === 'number' ? v + 1 : v)), JSON.parse('[1,{"a":2}]', (k, v) => (k === 'a' ? undefined : v))]`,
    ],
    [
      'texts that are no JSON',
      `const bad = ['{a: 1}', "{'a': 1}", '[1,]', '', 'undefined', 'NaN', '{"a": 1} x', '01', '"\\n"']
return bad.map((t) => { try { return JSON.parse(t) } catch (e) { return e instanceof SyntaxError } })`,
    ],
    [
      'deep copies and merges',
      `const merge = (a, b) => Object.fromEntries([...new Set([...Object.keys(a), ...Object.keys(b)])].map((k) => [k, k in b && b[k]?.constructor === Object && a[k]?.constructor === Object ? merge(a[k], b[k]) : k in b ? b[k] : a[k]]))
const base = { a: { x: 1, y: [1, 2] }, b: null }
const copy = structuredClone(base)
copy.a.y.push(3)
return [base, copy, merge(base, { a: { x: 2, z: 0 }, c: 1 }), { ...base, a: undefined }, Object.assign([1, 2, 3], [9])]`,
    ],
    [
      'paths into objects',
      `const get = (o, path, d) => path.replace(/\\[(\\w+)\\]/g, '.$1').split('.').reduce((v, k) => v?.[k], o) ?? d
const set = (o, [k, ...rest], v) => ({ ...o, [k]: rest.length ? set(o?.[k] ?? {}, rest, v) : v })
const flat = (o, p = '') => Object.entries(o).flatMap(([k, v]) => (v && typeof v === 'object' ? flat(v, p + k + '.') : [[p + k, v]]))
const o = { a: [{ b: { c: 1 } }], d: null }
return [get(o, 'a[0].b.c'), get(o, 'a[1].b.c', 'none'), get(o, 'd.e', 0), set(o, ['x', 'y'], 2), flat(o)]`,
    ],
    [
      'equal or not',
      `const equal = (a, b) => Object.is(a, b) || (a && b && typeof a === 'object' && typeof b === 'object' && Object.keys(a).length === Object.keys(b).length && Object.keys(a).every((k) => equal(a[k], b[k])))
return [equal({ a: [1, { b: NaN }] }, { a: [1, { b: NaN }] }), !!equal({ a: 1 }, { a: 1, b: undefined }), [1, '1'].map((x) => x == 1), null == undefined, [] + {}, [2] * [3], '5' - 2, '5' + 2, true + 1]`,
    ],
    [
      'Map and Set as tools',
      `const m = new Map([['b', 1], ['a', { deep: [1] }]])
m.set('c', 3).delete('b')
const s = new Set('mississippi')
return [[...m.keys()], m.get('a').deep, m.size, [...s].join(''), s.has('p'), Object.fromEntries(m), new Map(Object.entries({ x: 1 })).get('x'), [...new Map([[NaN, 'n']]).entries()], [...m].map(([k, v]) => k + v)]`,
    ],
    [
      'arrays of all sorts',
      `return [
  [3, 1, 2].toSorted(), [1, 2, 3].with(1, 9), [1, [2, [3, [4]]]].flat(Infinity), Array(3), [, 1].length, [5, 25, 100].sort(), [1, 2, 3, 4].findLast((n) => n % 2), [..."ab"].entries().next().value,
  Array.from({ length: 3 }, (_, i) => i ** 2), [1, 2, 3].copyWithin(0, 1), [1, 2, 3, 4, 5].toSpliced(1, 2, 'x'), [0, 1, 2].fill(7, 1), ['a', 'b'].includes('b'), [1, 2].concat(3, [4]), [[1, 'a'], [2, 'b']].map(([n, s]) => s.repeat(n)), Array.isArray(Array.prototype), [3, 2, 1].reverse(), [1, 2, 3].lastIndexOf(3), Array.of(7).length,
]`,
    ],
    [
      'holes, deletes and lengths',
      `const a = [1, 2, 3]
delete a[1]; a[5] = 6; a.length = 7
return [a, a.map((x) => x * 2).length, a.filter(() => true), Object.keys(a), 1 in a, a.reduce((s, x) => s + x), a.indexOf(undefined), a.includes(undefined)]`,
    ],
    [
      'a queue by priority',
      `class Heap { #a = []; push(v, p) { this.#a.push({ v, p }); this.#a.sort((x, y) => x.p - y.p) } pop() { return this.#a.shift()?.v } get size() { return this.#a.length } }
const graph = { A: { B: 4, C: 1 }, C: { B: 2, D: 7 }, B: { D: 1 }, D: {} }
const dist = { A: 0 }, heap = new Heap()
heap.push('A', 0)
while (heap.size) { const n = heap.pop(); for (const [m, w] of Object.entries(graph[n])) if (dist[n] + w < (dist[m] ?? Infinity)) { dist[m] = dist[n] + w; heap.push(m, dist[m]) } }
return dist`,
    ],
    [
      'an order of dependencies, and a cycle found',
      `const order = (deps) => { const out = [], state = {}; const visit = (n, path) => { if (state[n] === 2) return; if (state[n] === 1) throw new Error('cycle: ' + [...path, n].join(' → ')); state[n] = 1; for (const d of deps[n] ?? []) visit(d, [...path, n]); state[n] = 2; out.push(n) }; Object.keys(deps).forEach((n) => visit(n, [])); return out }
let cycle; try { order({ a: ['b'], b: ['c'], c: ['a'] }) } catch ({ message }) { cycle = message }
return [order({ app: ['db', 'log'], db: ['log'], log: [] }), cycle]`,
    ],
    [
      'permutations and combinations',
      `const perms = (l) => (l.length < 2 ? [l] : l.flatMap((x, i) => perms(l.toSpliced(i, 1)).map((p) => [x, ...p])))
const pick = (l, k) => (k === 0 ? [[]] : l.flatMap((x, i) => pick(l.slice(i + 1), k - 1).map((c) => [x, ...c])))
return [perms(['a', 'b', 'c']).map((p) => p.join('')), pick([1, 2, 3, 4], 2).length]`,
    ],
    [
      'a matrix',
      `const T = (m) => m[0].map((_, i) => m.map((r) => r[i]))
const mul = (a, b) => a.map((r) => T(b).map((c) => r.reduce((s, x, i) => s + x * c[i], 0)))
return [T([[1, 2, 3], [4, 5, 6]]), mul([[1, 2], [3, 4]], [[0, 1], [1, 0]])]`,
    ],
    [
      'typed arrays and views',
      `const b = new ArrayBuffer(8), v = new DataView(b)
v.setUint16(0, 0x1234); v.setFloat32(4, 1.5, true)
return [[...new Uint8Array(b)], Array.from(new Uint16Array([1, 65536 + 2])), new Uint8ClampedArray([300, -5])[0], [...new Int8Array([200]).map((x) => x + 1)], Float64Array.from([1, 2]).reduce((a, c) => a + c), v.getInt8(1)]`,
    ],
    [
      'symbols, getters, proxies and reflection',
      `const log = []
const p = new Proxy({ a: 1 }, { get: (t, k, r) => (log.push(String(k)), Reflect.get(t, k, r) ?? 'none'), has: () => true })
const o = { get x() { return 2 }, set x(v) { log.push('set' + v) }, [Symbol.toPrimitive]: () => 42, ['k' + 1]: 3 }
o.x = 9
return [p.a, p.zz, 'q' in p, log, +o, \`\${o}\`, o.k1, Object.getOwnPropertyDescriptor(o, 'x').get() , Object.isFrozen(Object.freeze({})), Reflect.ownKeys({ b: 1, 2: 1, [Symbol.iterator]: 1 }).length]`,
    ],
  ])
})

describe('the language in programs', () => {
  world.asNode([
    [
      'classes with everything',
      `class Shape { static #count = 0; static { Shape.kind = 'shape' } #name; constructor(name) { this.#name = name; Shape.#count++ } get name() { return this.#name } area() { return 0 } static get count() { return Shape.#count } toString() { return \`\${this.#name}:\${this.area().toFixed(1)}\` } static is(o) { return #name in o } }
class Circle extends Shape { constructor(r) { super('circle'); this.r = r } area() { return Math.PI * this.r ** 2 } }
class Square extends Shape { side = 2; constructor() { super('square') } area = () => this.side ** 2 }
const all = [new Circle(1), new Square()]
return [all.map(String), Shape.count, Shape.kind, Shape.is({}), Shape.is(all[0]), all[1] instanceof Shape, JSON.stringify(all), all.map((s) => s.constructor.name)]`,
    ],
    [
      'errors of one’s own',
      `class HttpError extends Error { constructor(status, message, options) { super(message, options); this.name = 'HttpError'; this.status = status } }
const e = new HttpError(404, 'missing', { cause: new TypeError('x') })
let how
try { throw e } catch (err) { how = err instanceof HttpError && err.status === 404 ? 'handled' : 'no' }
return [how, String(e), e.cause.name, e instanceof Error, Object.prototype.toString.call(e), new AggregateError([1, 2], 'many').errors, [new RangeError('r')].map(({ name, message }) => name + message)]`,
    ],
    [
      'generators and iterators',
      `function* fib() { let [a, b] = [0, 1]; for (;;) { yield a; [a, b] = [b, a + b] } }
const take = (n, it) => { const out = []; for (const x of it) { if (out.length === n) break; out.push(x) } return out }
function* both() { const got = yield 1; yield got * 2; return 'end' }
const g = both()
const range = { from: 1, to: 4, *[Symbol.iterator]() { for (let i = this.from; i <= this.to; i++) yield i } }
const [x, , ...rest] = range
return [take(10, fib()), g.next(), g.next(21), g.next(), g.next(), [...range], x, rest, Math.max(...range), Array.from(range, (n) => n * n)]`,
    ],
    [
      'async iterators with return',
      `const log = []
const source = { async *[Symbol.asyncIterator]() { try { for (let i = 0; ; i++) { await null; yield i } } finally { log.push('closed') } } }
for await (const n of source) { log.push(n); if (n === 2) break }
return log`,
    ],
    [
      'closures and loops',
      `const fs = []
for (var i = 0; i < 3; i++) fs.push(() => i)
const ls = []
for (let j = 0; j < 3; j++) ls.push(() => j)
const counter = ((n) => ({ up: () => ++n, get value() { return n } }))(5)
counter.up()
return [fs.map((f) => f()), ls.map((f) => f()), counter.value, (() => { try { return 1 } finally { counter.up() } })(), counter.value]`,
    ],
    [
      'destructuring everything',
      `const { a, b: { c = 5, ...others } = {}, ['d' + 1]: d, ...rest } = { a: 1, b: { x: 2, y: 3 }, d1: 4, e: 6, f: 7 }
let [p, q = p, ...r] = [1, undefined, 3, 4];
[p, q] = [q, p]
const f = ({ n = 10, m } = {}, [first] = [], ...more) => [n, m, first, more.length]
return { a, c, others, d, rest, p, q, r, f: [f(), f({ m: 1 }, [2], 3, 4)] }`,
    ],
    [
      'labels, switch and comma',
      `let out = []
outer: for (let i = 0; i < 4; i++) { for (let j = 0; j < 4; j++) { if (j === 2) continue outer; if (i === 2) break outer; out.push(i * 10 + j) } }
const kind = (v) => { switch (true) { case v === null: return 'null'; case Array.isArray(v): return 'list'; case typeof v === 'object': return 'object'; default: return typeof v } }
const grade = (n) => { switch (Math.floor(n / 10)) { case 10: case 9: return 'A'; case 8: { const x = 'B'; return x } default: return 'C' } }
return [out, [null, [], {}, 1n, ''].map(kind), [95, 83, 12].map(grade), (1, 2, 3)]`,
    ],
    [
      'operators that assign',
      `let a = null, b = 0, c = 'x', o = {}
a ??= 1; b ||= 2; c &&= c + 'y'; o.list ??= []; o.list.push(1); o.n = (o.n ?? 0) + 1; let z = 2; z **= 10; z >>= 2
return [a, b, c, o, z, void 0 ?? 'u', (null || undefined) ?? 'd', !!'' || 'f', typeof undeclared, 'b' in { b: 1 }]`,
    ],
    [
      'functions as values',
      `const compose = (...fs) => (x) => fs.reduceRight((v, f) => f(v), x)
const curry = (f) => function c(...a) { return a.length >= f.length ? f.apply(this, a) : (...b) => c(...a, ...b) }
function old() { return [arguments.length, [...arguments].join('')] }
const bound = { v: 1, get() { return this.v } }
return [compose((x) => x + 1, (x) => x * 2)(5), curry((a, b, c) => a + b + c)(1)(2)(3), old(1, 2, 3), bound.get.call({ v: 9 }), bound.get.bind({ v: 8 })(), (function f(n) { return n ? n * f(n - 1) : 1 })(5), ((a, b = 2, ...c) => 0).length]`,
    ],
    [
      'recursion that is deep',
      `const depth = (n) => (n === 0 ? 0 : 1 + depth(n - 1))
const hanoi = (n, a, b, c) => (n === 0 ? 0 : hanoi(n - 1, a, c, b) + 1 + hanoi(n - 1, c, b, a))
const ack = (m, n) => (m === 0 ? n + 1 : n === 0 ? ack(m - 1, 1) : ack(m - 1, ack(m, n - 1)))
return [depth(1000), hanoi(10, 'a', 'b', 'c'), ack(2, 3)]`,
    ],
    [
      'the order of promises',
      `const log = []
setTimeout(() => log.push('timer'), 0)
queueMicrotask(() => log.push('micro'))
Promise.resolve().then(() => log.push('then')).then(() => log.push('then2'))
;(async () => { log.push('sync'); await null; log.push('after await') })()
log.push('end')
await new Promise((r) => setTimeout(r, 20))
return log`,
    ],
    [
      'promises that are raced',
      `const late = (ms, v, fail) => new Promise((res, rej) => setTimeout(() => (fail ? rej(new Error(v)) : res(v)), ms))
return [
  await Promise.race([late(40, 'slow'), late(2, 'fast')]), await Promise.any([late(1, 'x', true), late(5, 'any')]), await Promise.any([late(1, 'p', true), late(2, 'q', true)]).catch((e) => e.errors.map((x) => x.message)),
  (await Promise.allSettled([late(1, 'a'), late(1, 'b', true)])).map((o) => o.status), await Promise.all([1, late(2, 'two'), Promise.resolve(3)]), await Promise.race([late(1, 'r', true), late(30, 'z')]).catch((e) => e.message),
]`,
    ],
    [
      'a long program with many helpers',
      `${Array.from({ length: 120 }, (_, i) => `// helper ${i}\nfunction step${i}(x) {\n  /* adds ${i} } { ' " */\n  return x + ${i}${i % 3 === 0 ? ' // odd ` one' : ''}\n}`).join('\n')}
let x = 0
${Array.from({ length: 120 }, (_, i) => `x = step${i}(x)`).join('\n')}
return x`,
    ],
    [
      'comments that look like code',
      `// return 1
/* import x from 'y'; } */
const a = 1 // export default a
/** @type {import('./a').B} */
const b = '/* not a comment */' + "// nor this" + \`/* \${a /* but this */} */\`
<!-- html
return b.length /* return 2 */ // return 3`.replace('<!-- html\n', ''),
    ],
  ])
})
