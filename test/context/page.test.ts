import { describe, expect, it } from 'vitest'
import { createFits, fitToBudget, type StoredPreview } from '../../src/context/budget.ts'
import { pageOf, type Page, type PageRequest } from '../../src/context/page.ts'
import { selectPath } from '../../src/context/path.ts'
import { createResultStore } from '../../src/context/results.ts'
import { createMemoryStore } from '../../src/context/store/memory.ts'
import { isRecord } from '../../src/internal/json.ts'
import { estimateTokenizer } from '../../src/tokens/estimate.ts'
import { loadTokenizer } from '../../src/tokens/exact.ts'

const maxTokens = 800
const fits = createFits({ tokenizer: estimateTokenizer, maxTokens })
const read = (value: unknown, request: PageRequest = {}, path = ''): Page => pageOf(value, path, request, fits) as Page

let seed = 7
const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const letters = (alphabet: string, count: number): string =>
  Array.from({ length: count }, () => [...alphabet][random([...alphabet].length)]).join('')
const base64 = letters(ALPHABET, 30_000)
const rows = Array.from({ length: 400 }, (_, id) => ({ id, title: `Ticket ${id}`, labels: ['a', 'b'] }))
const lines = Array.from({ length: 2_000 }, (_, at) => `${at}: a line of a log with some words`).join('\n')

/** All pages one after the other, as an agent reads on. */
function readOn(value: unknown, path = ''): Page[] {
  const pages: Page[] = []
  for (let offset: number | undefined = 0; offset !== undefined && pages.length < 5_000; offset = pages.at(-1)?.next)
    pages.push(read(value, { offset }, path))
  return pages
}

describe('reading on (section 5.2, 5.3)', () => {
  it.each([
    ['words', lines],
    ['Chinese', letters('日本語のテキストを読む漢字', 5_000)],
    ['emoji', letters('👩‍🚀😀🏳️‍🌈👍🏽ab', 3_000)],
    ['base64', base64],
    ['quotes and escapes', '"\\\n\t'.repeat(4_000)],
    ['Thai', 'สวัสดีครับ ยินดีต้อนรับสู่ระบบของเรา '.repeat(200)],
    ['Hindi', 'नमस्ते दुनिया, यह एक परीक्षण है। '.repeat(200)],
    ['Russian', 'Съешь же ещё этих мягких булок. '.repeat(200)],
  ])('gives a text of %s whole, in pages that fit, none cut inside a character', async (_what, text) => {
    const exact = await loadTokenizer('o200k_base')
    const pages = readOn(text)
    expect(pages.map((page) => page.text).join('')).toBe(text)
    for (const page of pages) {
      expect(page.text).not.toMatch(/\p{Surrogate}/u)
      expect(exact.count(JSON.stringify(page))).toBeLessThanOrEqual(maxTokens)
      expect(page.total).toBe(text.length)
    }
  })

  it('gives a list, and a record of many keys, whole', () => {
    expect(readOn(rows).flatMap((page) => page.items)).toEqual(rows)
    const record = Object.fromEntries(rows.map((row) => [`key ${row.id}`, row]))
    expect(Object.assign({}, ...readOn(record).map((page) => page.entries))).toEqual(record)
  })

  it.each([
    ['one text', { content: lines }, 'content'],
    ['a text beside little', { path: '/srv/log', lines: 2_000, content: lines }, 'content'],
    ['a list beside little', { total: 400, cursor: null, issues: rows }, 'issues'],
    ['what is further inside', { result: { ok: true, 'the text': lines } }, 'result.the text'],
    ['a name with dots', { 'a.b': lines }, '["a.b"]'],
    ['text and content', { text: lines, content: [{ type: 'image', handle: 'r_1' }] }, 'text'],
  ])('pages %s in a record, and says its path', async (_what, value, path) => {
    const first = read(value)
    expect(first).toMatchObject({ path, offset: 0, next: expect.any(Number) })
    const part = await selectPath(value, path)
    const pages = readOn(value)
    if (typeof part === 'string') expect(pages.map((page) => page.text).join('')).toBe(part)
    else expect(pages.flatMap((page) => page.items)).toEqual(part)
    const request = { offset: first.next ?? 0, limit: 5 }
    expect({ ...read(part, request), path }).toEqual(read(value, request))
  })

  it('gives a record that fits as it is, unless a page is asked for', () => {
    expect(read({ a: 1, b: 'x' })).toEqual({ a: 1, b: 'x' })
    expect(read({ a: 1, b: 'x' }, { limit: 1 })).toEqual({ total: 2, offset: 0, next: 1, entries: { a: 1 } })
    expect(read([], { offset: 0 })).toEqual({ total: 0, offset: 0, items: [] })
    expect(read('', {})).toEqual({ total: 0, offset: 0, text: '' })
    expect(read(7)).toBe(7)
  })

  it('shows the beginning of an item that is too large, with the path that reads it', async () => {
    const value = { files: [{ name: 'a', text: lines }, { name: 'b' }] }
    const page = read(value, {}, '')
    expect(page).toMatchObject({ path: 'files', total: 2, offset: 0, next: 1, cut: ['files[0]'] })
    expect(JSON.stringify(page.items)).toContain('a line of a log')
    expect(await selectPath(value, page.cut?.[0] ?? '')).toEqual(value.files[0])
  })

  it.each<[unknown, PageRequest, string]>([
    [rows, { offset: 401 }, 'cannot read from offset 401: the list has 400 items, wanted 0 to 399'],
    [rows, { offset: -1 }, 'the list has 400 items'],
    [lines, { offset: 10_000_000 }, `the text has ${lines.length} characters`],
    [{ content: lines }, { offset: 1e9 }, `the text has ${lines.length} characters`],
    [rows, { limit: 0 }, 'cannot read 0 items: the list has 400, wanted a limit of 1 or more'],
    [{ a: 1 }, { offset: 3 }, 'the record has 1 keys'],
    [42, { offset: 0 }, 'found number 42 there, which has no pages'],
    [null, { limit: 5 }, 'found null there'],
  ])('refuses a place that is not there: %#', (value, request, message) => {
    expect(() => read(value, request)).toThrow(message)
  })

  it('is at its end where the last page ended', () => {
    expect(read(rows, { offset: 400 })).toEqual({ total: 400, offset: 400, items: [] })
  })
})

describe('previews', () => {
  const store = createResultStore({ store: createMemoryStore() })
  const preview = async (value: unknown, most = maxTokens): Promise<StoredPreview> => {
    const options = { tokenizer: estimateTokenizer, store, owner: { principal: 'ann' }, maxTokens: most }
    return (await fitToBudget(JSON.stringify(value), options)).data as StoredPreview
  }

  it('say how to read on', async () => {
    const { handle, read_on } = await preview({ content: lines })
    expect(read_on).toEqual({ intent: 'results.read', params: { handle, path: 'content' } })
    expect((await preview(rows)).read_on?.params).not.toHaveProperty('path')
  })

  it('never cut inside a character (40)', async () => {
    for (let at = 0; at < 4; at++) {
      const shown = (await preview('x'.repeat(at) + '👩‍🚀😀'.repeat(3_000))).preview
      expect(String(shown)).not.toMatch(/\p{Surrogate}/u)
      const [, rest] = /…\(\+(\d+) chars\)$/.exec(String(shown)) ?? []
      expect(String(shown).replace(/…\(.*$/, '').length + Number(rest)).toBe(at + 7 * 3_000)
    }
  })

  it('name base64 and do not show it (F6)', async () => {
    const media = {
      name: 'a.png',
      size: 22_500,
      data: base64,
      url: `data:image/png;base64,${base64}`,
      mail: base64.match(/.{76}/g)?.join('\r\n'),
    }
    const { preview: shown } = await preview({
      ...media,
      note: `![](data:image/png;base64,${base64}) end`,
      hash: 'ab01'.repeat(300),
    })
    expect(shown).toMatchObject({
      name: 'a.png',
      data: '…base64, 22500 bytes',
      url: '…base64, 22500 bytes of image/png',
      mail: '…base64, 22458 bytes',
      note: '![](…base64, 22500 bytes of image/png) end',
    })
    expect(isRecord(shown) && shown['hash']).toMatch(/^ab01ab01/)
  })

  it.each([150, 400, 1_000])('fit %i tokens with all of it, exactly counted', async (most) => {
    const exact = await loadTokenizer('cl100k_base')
    for (const value of [base64, { content: lines }, letters('日本語漢字', 20_000), { a: rows, b: rows }])
      expect(exact.count(JSON.stringify(await preview(value, most)))).toBeLessThanOrEqual(most)
  })
})
