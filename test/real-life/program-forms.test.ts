import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createProgramWorld, type ProgramWorld } from './program-world.ts'

type Case = readonly [what: string, program: string, value: unknown]

let world: ProgramWorld
beforeAll(() => {
  world = createProgramWorld()
})
afterAll(async () => {
  await world[Symbol.asyncDispose]()
})

function answers(cases: readonly Case[]): void {
  it.each(cases)('%s', async (_what, program, value) => {
    const { status, error, value: text } = await world.run(program, { n: 2 })
    expect(error).toBeUndefined()
    expect({ status, value: JSON.parse(text ?? 'null') }).toEqual({ status: 'ok', value })
  })
}

const F = '```'
const TOTAL = 'const { total } = await tools.shop.list_issues({})'

describe('fenced code (54)', () => {
  answers([
    ['with a language', `${F}js\nreturn 1\n${F}`, 1],
    ['without a language', `${F}\nreturn 1\n${F}`, 1],
    ['with the whole word', `${F}typescript\nconst a: number = 1\nreturn a\n${F}\n`, 1],
    ['with attributes', `${F}ts title="a.ts" {1,3}\nreturn 1\n${F}`, 1],
    ['with prose before it', `Here's the program:\n\n${F}ts\nreturn 1\n${F}`, 1],
    ['with prose that reads like code', `Code:\n${F}js\nreturn 1\n${F}`, 1],
    ['with inline code in the prose', `Use \`tools.shop\` for it.\n${F}js\nreturn 1\n${F}`, 1],
    ['with prose after it', `${F}ts\nreturn 1\n${F}\n\nThis returns one; isn't it nice?`, 1],
    ['in tildes', `~~~js\nreturn 1\n~~~`, 1],
    ['indented in a list', `1. Run this:\n\n   ${F}js\n   return 1\n   ${F}\n2. Done`, 1],
    ['with Windows line ends', `${F}js\r\nconst a = 1\r\nreturn a\r\n${F}\r\n`, 1],
    ['that is not closed', `Run:\n${F}js\nreturn 1\n`, 1],
    ['whose opening fence is missing', `const a = 1\nreturn a\n${F}`, 1],
    ['with four backticks around three', `${F}\`js\nreturn 'a'.length\n${F}\`\n`, 1],
    ['in several blocks', `First:\n${F}ts\nconst a = 1\n${F}\nthen:\n${F}ts\nreturn a + 1\n${F}`, 2],
    ['beside other languages', `${F}bash\nnpm i\n${F}\n${F}js\nreturn 1\n${F}\nanswers\n${F}json\n{"a": 1}\n${F}`, 1],
    ['beside output without a language', `${F}js\nreturn 1\n${F}\nOutput:\n${F}\n1\n${F}`, 1],
    ['whose template writes a fence', `${F}js\nreturn \`\\\`\\\`\\\`sh\\nls\`.length\n${F}`, 8],
    ['with an expression in it', `${F}js\n${TOTAL}\ntotal\n${F}`, 2],
    ['with a function in it', `${F}js\nasync () => {\n${TOTAL}\nreturn total\n}\n${F}`, 2],
  ])

  it('keeps its lines for errors', async () => {
    const { error } = await world.run(`Here it is:\n\n${F}ts\nconst a: any = 1\na.b.c()\n${F}`)
    expect(error).toMatchObject({ line: 5 })
  })
})

describe('fences that are no fences (54)', () => {
  answers([
    ['a template that ends like one', 'const text = `a\n`\nreturn text', 'a\n'],
    ['a template with escaped fences', 'const md = `# A\n\\`\\`\\`js\nfoo()\n\\`\\`\\`\n`\nreturn md.length', 20],
    ['a text in a list', `const lines = [\n  '${F}js',\n  'a',\n]\nreturn lines.join()`, '```js,a'],
    ['a comment', `/*\n${F}js\nreturn 2\n${F}\n*/\nreturn 1`, 1],
    ['a line of tildes', 'const a = 1\nreturn -\n~~~a', 2],
  ])

  it('never runs an example from a comment of a program that does not parse', async () => {
    const { error, calls } = await world.run(`/*\n${F}js\nawait tools.shop.create_issue({})\n${F}\n*/\nreturn 1 +`)
    expect(error).toMatchObject({ code: 'INVALID_CODE' })
    expect(calls).toEqual([])
  })
})

describe('a program that is one function (54)', () => {
  const inside = `${TOTAL}\n  return total`
  answers([
    ['an arrow', '() => 1', 1],
    ['an async arrow', `async () => {\n  ${inside}\n}`, 2],
    ['an async arrow with a semicolon', `async () => {\n  ${inside}\n};\n`, 2],
    ['an arrow in parentheses', `(async () => {\n  ${inside}\n})`, 2],
    ['a function without a name', `async function () {\n  ${inside}\n}`, 2],
    ['a plain function without a name', 'function () { return 3 }', 3],
    ['a function in parentheses', `(async function () {\n  ${inside}\n})`, 2],
    ['a function with a name', `async function main() {\n  ${inside}\n}`, 2],
    ['a function of any name', `async function countIssues() {\n  ${inside}\n}`, 2],
    [
      'a function with types',
      `async function main(): Promise<{ total: number }> {\n  return await tools.shop.echo({ total: 1 })\n}`,
      { total: 1 },
    ],
    ['a constant', `const main = async () => {\n  ${inside}\n}`, 2],
    ['a typed constant', 'const run: () => Promise<number> = async () => 4', 4],
    [
      'main beside helpers',
      `const LIMIT = 5\nfunction twice(n: number) { return n * 2 }\nasync function main() { return twice(LIMIT) }`,
      10,
    ],
    ['main before helpers', `async function main() { return twice(2) }\nfunction twice(n) { return n * 2 }`, 4],
    ['main after a log', `console.log('start')\nasync function main() { return 1 }`, 1],
    [
      'types and a function',
      'interface A { a: number }\ntype B = A\nasync function get(): Promise<A> { return { a: 1 } }',
      { a: 1 },
    ],
    ['an immediate function', `(async () => {\n  ${inside}\n})()`, 2],
    ['an awaited immediate function', `await (async () => {\n  ${inside}\n})()`, 2],
    ['an immediate function with void', `void (async () => {\n  ${inside}\n})()`, 2],
    ['an immediate function after a semicolon', `;(async () => {\n  ${inside}\n})();`, 2],
    ['main called', `async function main() {\n  ${inside}\n}\nmain()`, 2],
    ['main called with a semicolon', `async function main() {\n  ${inside}\n}\n\nmain();\n`, 2],
    ['main awaited', `async function main() {\n  ${inside}\n}\nawait main();`, 2],
    ['main called before it is declared', `main()\nasync function main() {\n  ${inside}\n}`, 2],
    ['main with a handler', `async function main() {\n  ${inside}\n}\nmain().catch(console.error)`, 2],
    ['main named alone', 'const main = async () => 1\nmain', 1],
    ['input and tools as intents get them', 'async (input, tools) => (await tools.shop.echo(input)).n', 2],
    ['tools first', 'async (tools) => (await tools.shop.list_issues({})).total', 2],
    ['params', 'async (params) => params.n', 2],
    ['everything in one object', 'async ({ tools, params }) => [typeof tools.shop, params.n]', ['object', 2]],
    ['fields of the input', 'async ({ n }) => n', 2],
    [
      'parameters that another name has',
      'async (request, api, context) => [request.n, typeof api.shop, typeof context.results]',
      [2, 'object', 'object'],
    ],
    ['default values', 'async function main(limit = 3, other) { return [limit.n, typeof other.shop] }', [2, 'object']],
  ])

  it('is run once', async () => {
    for (const program of [
      `async function main() { return await tools.shop.create_issue({}) }\nmain()`,
      `async function main() { return await tools.shop.create_issue({}) }\nconst done = main()`,
      `const main = () => tools.shop.create_issue({})\nif (true) { await main() }`,
      `async () => await tools.shop.create_issue({})`,
      `export default async () => await tools.shop.create_issue({})`,
      `export const main = async () => await tools.shop.create_issue({})\nawait main()`,
      `module.exports = async () => await tools.shop.create_issue({})`,
    ])
      expect([program, (await world.run(program)).calls]).toEqual([program, ['shop.create_issue']])
  })

  it('is not called where the program works without it', async () => {
    for (const program of [
      `const one = await tools.shop.echo({})\nfunction remove() { return tools.shop.create_issue({}) }`,
      `function a() { return tools.shop.create_issue({}) }\nfunction b() { return tools.shop.create_issue({}) }`,
      `function remove() { return tools.shop.create_issue({}) }\nreturn 1`,
    ])
      expect([program, (await world.run(program)).calls]).not.toContain('shop.create_issue')
  })
})

describe('exports (54)', () => {
  answers([
    ['a default arrow', 'export default async () => 1', 1],
    ['a default function', 'export default async function () { return 1 }', 1],
    ['a default function with a name', 'export default async function main(input) { return input.n }', 2],
    [
      'the form of intents',
      `export const metadata = { name: 'a', description: 'b' } as const\nexport default async (input: { n: number }, tools: any, { results }: any) => [(await tools.shop.echo(input)).n, typeof results.get]`,
      [2, 'function'],
    ],
    ['a named main', 'export async function main() { return 1 }', 1],
    ['a named constant', 'export const run = async () => 1', 1],
    ['one function of any name', 'export async function countThem({ n }) { return n }', 2],
    ['a default name', 'async function go() { return 1 }\nexport default go', 1],
    ['a list of names', 'const main = () => 1\nexport { main }', 1],
    ['a renamed default', 'const go = () => 1\nexport { go as default }', 1],
    ['a default value', 'export default await tools.shop.echo({ a: 1 })', { a: 1 }],
    ['a default object with a function', 'export default { run: async (input) => input.n }', 2],
    ['helpers beside it', 'export const LIMIT = 3\nexport default () => LIMIT', 3],
    ['and a call at the end', 'export async function main() { return 5 }\nawait main()', 5],
    ['and a return', 'export const a = 1\nreturn a + 1', 2],
    ['a list over several lines', 'const main = () => 1\nexport {\n  main,\n}\nconst other = 2', 1],
    ['types alone', 'export interface A { a: number }\nexport type B = A\nconst b: B = { a: 1 }\nreturn b.a', 1],
    ['module.exports', 'module.exports = async (input) => input.n', 2],
    ['module.exports of an object', 'module.exports = { main: async () => 1 }', 1],
    ['module.exports of a function declared', 'async function main() { return 1 }\nmodule.exports = { main }', 1],
    ['exports.default', 'exports.default = async () => 1', 1],
    ['exports.main', 'exports.main = async function () { return 1 }', 1],
    ['tools by name', 'export default async ({ tools }) => (await tools.shop.list_issues()).total', 2],
  ])
})

describe('a last expression (54)', () => {
  answers([
    ['a value', 'const x = 1\nx', 1],
    ['a field', `const x = await tools.shop.list_issues({})\nx.total`, 2],
    ['a call', `await tools.shop.echo({ a: 1 })`, { a: 1 }],
    ['a call without await', `tools.shop.echo({ a: 1 })`, { a: 1 }],
    ['a call with a semicolon and a comment', `await tools.shop.echo({ a: 1 }); // done`, { a: 1 }],
    ['an object in parentheses', '({ a: 1 })', { a: 1 }],
    ['an object', '{ a: 1, b: 2 }', { a: 1, b: 2 }],
    ['an object of one field', 'const a = 1\n{ total: a }', { total: 1 }],
    [
      'an object after a line without a semicolon',
      'const a = await tools.shop.echo({ x: 1 })\n{ a, b: 2 }',
      { a: { x: 1 }, b: 2 },
    ],
    ['an object of names', 'const a = 1\nconst b = 2\n{ a, b }', { a: 1, b: 2 }],
    ['an object of several lines', 'const a = 1;\n{\n  first: a,\n  second: [a, 2],\n}', { first: 1, second: [1, 2] }],
    ['a list', '[1, 2].map((n) => n * 2)', [2, 4]],
    ['a list after a semicolon', 'const a = 1;\n[a, 2]', [1, 2]],
    ['a condition', 'const a = 1\na > 0 ? "yes" : "no"', 'yes'],
    ['a condition of several lines', 'const a = 1\na > 0\n  ? "yes"\n  : "no"', 'yes'],
    ['a template', 'const a = 1;\n`a is ${a}`', 'a is 1'],
    ['a template of several lines', 'const a = 1;\n`a\nis ${[a].map((n) => `${n}`).join()}\n`', 'a\nis 1\n'],
    ['an assignment', 'let result\nresult = 3', 3],
    [
      'a chain of several lines',
      'const list = [3, 1, 2]\nlist\n  .filter((n) => n > 1)\n  .toSorted()\n  .map((n) => ({ n }))',
      [{ n: 2 }, { n: 3 }],
    ],
    ['a logical expression', 'const a = null\na ?? "none"', 'none'],
    ['a new object', 'new Set([1, 1])', [1]],
    ['Promise.all', 'await Promise.all([1, 2].map(async (n) => n + 1))', [2, 3]],
    ['a satisfied type', 'const a = { b: 1 }\na satisfies { b: number }', { b: 1 }],
    ['a regular expression', `/a(b)/.exec('ab')?.[1]`, 'b'],
    ['a number', '42', 42],
    ['a text', "'done'", 'done'],
    ['after a block', 'const out = []\nfor (const n of [1, 2]) {\n  out.push(n)\n}\nout', [1, 2]],
    ['after if and else', 'let a\nif (params.n > 1) a = 1\nelse a = 2\na', 1],
    ['after try', 'let a\ntry { JSON.parse("{") } catch { a = 1 } finally { a += 1 }\na', 2],
    ['after switch', 'let a\nswitch (1) { case 1: a = 1; break; default: a = 2 }\na', 1],
    ['after do', 'let a = 0\ndo { a++ } while (a < 3)\na', 3],
    ['after a class', 'class A { #b = 1; get b() { return this.#b } }\nnew A().b', 1],
    ['after an enum', 'enum A { one = 1, two }\nA.two', 2],
    ['after an early return that did not run', 'if (params.n > 5) return "many"\nparams.n', 2],
    ['after an early return that ran', 'if (params.n > 1) return "many"\nparams.n', 'many'],
    ['after a directive', "'use strict'\n1 + 1", 2],
    ['an increment on its own line', 'let a = 1\n++a', 2],
    ['a keyword as a name', 'const a = { default: 1, if: 2 }\na.default\n  + a.if', 3],
    ['a comment alone after it', 'const a = 1\na\n// the end\n/* really */', 1],
    ['in CRLF', 'const a = 1\r\na\r\n', 1],
  ])
})

describe('programs that say themselves what they return', () => {
  answers([
    ['a return', 'return 1', 1],
    ['a return of several lines', 'return (\n  1 +\n  1\n)', 2],
    ['a return without a value', 'return', null],
    ['a return before functions', 'return twice(2)\nfunction twice(n) { return n * 2 }', 4],
    ['nothing', 'const a = 1', null],
    ['a loop', 'for (const a of [1]) a', null],
    ['a labelled loop', 'outer: for (const a of [1, 2]) { for (;;) continue outer }', null],
    ['a block', '{ const a = 1; a }', null],
    ['nothing at all', '', null],
    ['a comment', '// later', null],
    ['a throwing branch', 'if (params.n === 0) throw new Error("none")\nreturn params.n', 2],
  ])
})

describe('places in programs that are read otherwise than written', () => {
  it.each([
    ['a last expression', 'const a: any = {}\n  a.b.c', 2],
    ['an exported function', 'export default async (input: any) => {\n  const a: any = {}\n  return a.b.c\n}', 3],
    ['a function', 'async () => {\n\n  return undefined.x\n}', 3],
    ['an object', 'const a: any = {}\n{ x: 1, y: a.b.c }', 2],
  ])('%s', async (_what, program, line) => {
    const { error } = await world.run(program)
    const column = (program.split('\n')[line - 1] ?? '').search(/a\.b|undefined/) + 1
    expect({ line: error?.line, column: error?.column }).toEqual({ line, column })
  })
})
