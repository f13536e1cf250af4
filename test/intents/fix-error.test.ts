// Patches for errors that are not the demo's, in the languages they have (issue: fix_error).
import { afterAll, describe, expect, it } from 'vitest'
import { defineConfig } from '../../src/config/defaults.ts'
import { createOptimizer } from '../../src/optimizer.ts'
import { compile } from '../../src/sandbox/guest/program.ts'
import { createMemoryUpstream } from '../../src/upstream/memory.ts'
import { temporaryFolder } from '../support/servers.ts'

interface Case {
  readonly type: string
  readonly message: string
  readonly file: string
  /** Lines around the culprit, which begins with `>`. */
  readonly source: string
  readonly platform?: string
}

const cases = new Map<string, Case>()
let count = 0
const gateway = createOptimizer(defineConfig({ cacheDir: temporaryFolder() }), {
  upstreams: [
    createMemoryUpstream('sentry', [
      { name: 'find_organizations', run: () => '# Organizations\n\n## **acme**\n' },
      { name: 'search_issues', run: () => 'No issues' },
      { name: 'get_sentry_resource', run: ({ resourceId }) => issueText(cases.get(String(resourceId))) },
    ]),
  ],
})
afterAll(async () => await gateway[Symbol.asyncDispose]())
await gateway.ready()

/** An issue as Sentry's server writes it. */
function issueText(issue: Case | undefined): string {
  if (issue === undefined) throw new Error('404')
  const { type, message, file, source, platform = 'other' } = issue
  const lines = source.split('\n').map((text, index) => {
    const here = text.startsWith('>')
    return `${here ? '  →' : '   '} ${String(index + 10).padStart(3)} │ ${here ? text.slice(1) : text}`
  })
  const at = 10 + source.split('\n').findIndex((text) => text.startsWith('>'))
  const frame = file.endsWith('.py') ? `File "${file}", line ${at}, in run` : `${file}:${at}:5 (run)`
  return [
    '# Issue X-1 in **acme**',
    '',
    `**Platform**: ${platform}`,
    '',
    '### Error',
    '',
    '```',
    `${type}: ${message}`,
    '```',
    '',
    '**Most Relevant Frame:**',
    '─────────────────────',
    frame,
    '',
  ]
    .join('\n')
    .replace(`${frame}\n`, `${frame}\n${lines.join('\n')}\n\n**Full Stacktrace:**\n────\n\`\`\`\n${frame}\n\`\`\`\n`)
}

async function fix(issue: Case): Promise<Record<string, unknown>> {
  const id = `X-${++count}`
  cases.set(id, issue)
  const answer = await gateway.executeIntent({ intent: 'fix_error', params: { id } })
  if (answer.status === 'error') throw new TypeError(JSON.stringify(answer.error))
  return answer.data as Record<string, unknown>
}

/** The culprit's lines after the patch. */
function added(patch: unknown): string[] {
  return String(patch)
    .split('\n')
    .filter((line) => /^\+(?!\+\+)/.test(line))
    .map((line) => line.slice(1))
}

const READ_TOTAL = "Cannot read properties of undefined (reading 'total')"
const NO_TOTAL = "'NoneType' object has no attribute 'total'"

describe('a patch is suggested where language and statement fit', () => {
  it.each<[string, Partial<Case>, string[]]>([
    ['JavaScript', { source: 'const a = 1;\n>  const sum = cart.bill.total;' }, ['  const sum = cart.bill?.total;']],
    [
      'a call in it',
      { source: '>  return format(cart.bill().total, "EUR")' },
      ['  return format(cart.bill()?.total, "EUR")'],
    ],
    [
      'TypeScript',
      { file: 'src/a.ts', source: '>  const sum: number = cart.bill.total ?? 0' },
      ['  const sum: number = cart.bill?.total ?? 0'],
    ],
    ['a text of the same words', { source: `>  log('cart.total', cart.total)` }, [`  log('cart.total', cart?.total)`]],
    [
      'a comment of the same words',
      { source: '>  return cart.total // not bill.total' },
      ['  return cart?.total // not bill.total'],
    ],
    [
      'a platform without an ending',
      { file: 'app/run', platform: 'node', source: '>  return cart.total' },
      ['  return cart?.total'],
    ],
    [
      'an answer that is no JSON',
      {
        type: 'SyntaxError',
        message: 'Unexpected token < in JSON at position 0',
        source: '  const res = await fetch(url)\n>  const body = JSON.parse(await res.text())',
      },
      ['  if (!res.ok) throw new Error(`${res.url} answered ${res.status}`)', '  const body = await res.json()'],
    ],
  ])('JavaScript and TypeScript: %s', async (_what, given, lines) => {
    const issue = { type: 'TypeError', message: READ_TOTAL, file: 'src/a.js', source: '', ...given }
    const answer = await fix(issue)
    expect(added(answer['patch'])).toEqual(lines)
    // What is suggested parses.
    expect(compile(lines.join('\n'), 'body', 'patch')).toMatchObject({ ok: true })
  })

  it.each<[string, Partial<Case>, string[]]>([
    [
      'None',
      { type: 'AttributeError', message: NO_TOTAL, source: 'def run(order):\n>    amount = order.bill.total' },
      ['    if order.bill is None:', '        raise ValueError("order.bill is missing")'],
    ],
    [
      'a missing key',
      { type: 'KeyError', message: "'zip'", source: '    row = rows[0]\n>    code = row["zip"].strip()' },
      ['    if "zip" not in row:', '        raise ValueError("row without zip")'],
    ],
    [
      'a missing key of an attribute',
      { type: 'KeyError', message: "'zip'", source: ">    return self.row['zip']" },
      ['    if "zip" not in self.row:', '        raise ValueError("self.row without zip")'],
    ],
    [
      'no items',
      { type: 'ZeroDivisionError', message: 'division by zero', source: '>    return sum(xs) / len(xs)' },
      ['    return sum(xs) / len(xs) if len(xs) else 0.0'],
    ],
  ])('Python: %s', async (_what, given, lines) => {
    expect(added((await fix({ type: '', message: '', file: 'jobs/a.py', source: '', ...given }))['patch'])).toEqual(
      lines,
    )
  })
})

describe('where no rule fits it says what it saw', () => {
  it.each<[string, Partial<Case>]>([
    ['an assignment', { source: '>  cart.total = 5' }],
    ['a compound assignment', { source: '>  cart.total += 5' }],
    ['an increment', { source: '>  cart.total++' }],
    ['a deep assignment', { source: '>  cart.total.eur = 5' }],
    ['new', { source: '>  return new cart.total()' }],
    ['two places', { source: '>  return a.total + b.total' }],
    ['only a text', { source: `>  throw new Error('no cart.total')` }],
    ['only a comment', { source: '>  // cart.total' }],
    ['a line of a comment', { source: '/*\n>  cart.total\n*/' }],
    ['a line of a template', { source: 'const a = `\n>  cart.total\n`' }],
    ['a tagged template', { source: '>  return cart.total`x`' }],
    ['a loop', { source: '>  for (const x of cart.total) {' }],
    ['a spread', { source: '>  return [...cart.total]' }],
    ['taking apart', { source: '>  const { a } = cart.total' }],
    ['optional already', { source: '>  return cart?.total' }],
    ['super', { source: '>  return super.total' }],
    ['words between tags', { file: 'src/a.jsx', source: '>  return <b>the cart.total of it</b>' }],
    ['a type', { source: '>  const a: cart.total = b' }],
    ['a longer name', { source: '>  return cart.totals' }],
    ['a minified file', { file: 'js/app.min.js', source: '>  return cart.total' }],
    ['a very long line', { source: `>  return ${'x+'.repeat(200)}cart.total` }],
  ])('JavaScript: %s', async (_what, given) => {
    const issue = { type: 'TypeError', message: READ_TOTAL, file: 'src/a.js', source: '', ...given }
    expect(await fix(issue)).toMatchObject({ status: 'no_rule', language: 'JavaScript', message: expect.any(String) })
  })

  it.each<[string, Partial<Case>]>([
    ['a generator', { type: 'KeyError', message: "'id'", source: '>    return [row["id"] for row in rows]' }],
    ['an f-string', { type: 'KeyError', message: "'id'", source: `>    return f"{row['id']}"` }],
    ['what is not always asked', { type: 'KeyError', message: "'id'", source: '>    if known and row["id"]:' }],
    ['one line of a condition', { type: 'KeyError', message: "'id'", source: '>    if known: return row["id"]' }],
    ['an elif', { type: 'KeyError', message: "'id'", source: '    if a:\n        pass\n>    elif row["id"]:' }],
    ['a line of a call', { type: 'KeyError', message: "'id'", source: '    save(\n>        row["id"],\n    )' }],
    ['a docstring', { type: 'AttributeError', message: NO_TOTAL, source: '    """\n>    order.total\n    """' }],
    ['a chain with a call', { type: 'AttributeError', message: NO_TOTAL, source: '>    x = find(a).total' }],
    ['a sum', { type: 'ZeroDivisionError', message: 'division by zero', source: '>    return base + total / n' }],
  ])('Python: %s', async (_what, given) => {
    const issue = { type: '', message: '', file: 'jobs/a.py', source: '', ...given }
    expect(await fix(issue)).toMatchObject({ status: 'no_rule', language: 'Python' })
  })

  it.each<[string, string, string, string, string]>([
    [
      'Java',
      'src/Cart.java',
      'NullPointerException',
      'Cannot invoke "Bill.getTotal()" because "order" is null',
      '>    return order.getTotal();',
    ],
    [
      'Go',
      'cart/cart.go',
      'runtime.Error',
      'invalid memory address or nil pointer dereference',
      '>	return order.Bill.Total',
    ],
    ['Ruby', 'app/cart.rb', 'NoMethodError', "undefined method 'total' for nil", '>    order.total'],
    ['Ruby', 'app/mean.rb', 'ZeroDivisionError', 'divided by 0', '>    return sum / count'],
    ['Ruby', 'app/row.rb', 'KeyError', "key not found: 'zip'", '>    row["zip"]'],
    ['PHP', 'src/Cart.php', 'Error', 'Attempt to read property "total" on null', '>    return $order->total;'],
    [
      'C#',
      'src/Cart.cs',
      'NullReferenceException',
      'Object reference not set to an instance of an object.',
      '>    return order.Total;',
    ],
    ['Rust', 'src/cart.rs', 'panic', 'called `Option::unwrap()` on a `None` value', '>    order.unwrap().total'],
    ['Kotlin', 'src/Cart.kt', 'NullPointerException', 'null cannot be cast', '>    return order!!.total'],
    ['an unknown language', 'cart', 'TypeError', READ_TOTAL, '>    order.total'],
  ])('%s: %s, %s', async (language, file, type, message, source) => {
    const answer = await fix({ type, message, file, source })
    expect(answer).toMatchObject({
      status: 'no_rule',
      language,
      message: `there is no rule for ${language}: the code and the likely cause are here to decide by`,
    })
    expect(answer).not.toHaveProperty('patch')
  })
})
