import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createProgramWorld, type ProgramWorld } from './program-world.ts'

type Case = readonly [what: string, program: string, message: string | RegExp, line?: number]

let world: ProgramWorld
beforeAll(() => {
  world = createProgramWorld()
})
afterAll(async () => {
  await world[Symbol.asyncDispose]()
})

function says(cases: readonly Case[]): void {
  for (const [what, program, message, line] of cases)
    it(what, async () => {
      const { status, error } = await world.run(program)
      expect(status).toBe('error')
      expect(error?.message).toEqual(typeof message === 'string' ? message : expect.stringMatching(message))
      if (line !== undefined) expect(error?.line).toBe(line)
    })
}

const R = 'const r = await tools.shop.list_issues({})\n'
const VALUE = 'r is already the value: {items, nextCursor, total}'

describe('what is not there is named (49, 57)', () => {
  says([
    [
      'a local that is called results',
      'const results = await tools.shop.list_issues({})\nreturn results.items[0].assignee.login',
      /^results\.items\[0\]\.assignee is undefined, cannot read 'login'/,
      2,
    ],
    [
      'a local that is called tools',
      'const tools = { a: 1 }\nreturn tools.b.c',
      "tools.b is undefined, cannot read 'c'",
    ],
    [
      'a parameter that is called results',
      'const f = (results) => results.items.length\nreturn f({})',
      "results.items is undefined, cannot read 'length'",
      1,
    ],
    ['a text with a dot', `'see tools.md'.foo()`, "'see tools.md'.foo is not a function"],
    ['a comment with a tool', '// tools.no.such\nconst a = {}\na.b()', 'a.b is not a function', 3],
    ['a local without a value', 'let a\na.b = 1', "a is undefined, cannot set 'b'"],
    ['null', 'const a = null\nreturn a.b', "a is null, cannot read 'b'"],
    ['a callback', 'return [{}].map((item) => item.user.name)', "item.user is undefined, cannot read 'name'"],
    ['an index', 'const list = []\nreturn list[0].name', "list[0] is undefined, cannot read 'name'"],
    [
      'an index by a variable',
      'const list = []\nconst at = 3\nreturn list[at].name',
      "list[at] is undefined, cannot read 'name'",
    ],
    [
      'a computed field',
      `const all = {}\nconst key = 'a'\nreturn all[key].b.c`,
      "all[key] is undefined, cannot read 'b'",
    ],
    ['a field over several lines', 'const a = {}\nreturn a\n  .b\n  .c', "a.b is undefined, cannot read 'c'"],
    ['the middle of an optional chain', 'const a = { b: {} }\nreturn a?.b.c.d', "a?.b.c is undefined, cannot read 'd'"],
    [
      'the result of a call',
      'const find = () => undefined\nreturn find(1, 2).name',
      "find(1, 2) is undefined, cannot read 'name'",
    ],
    [
      'the result of find',
      `const list = [1]\nreturn list.find((n) => n > 1).name`,
      "list.find((n) => n > 1) is undefined, cannot read 'name'",
    ],
    ['this', 'class A { run() { return this.a.b } }\nreturn new A().run()', "this.a is undefined, cannot read 'b'"],
    ['a local function', 'let f\nf()', 'f is not a function'],
    ['a method by its key', `const a = {}\na['b'](1)`, "a['b'] is not a function"],
    ['a constructor', 'const a = {}\nreturn new a.B()', 'a.B is not a constructor'],
    ['a loop over an object', 'const a = { b: 1 }\nfor (const x of a) x', 'a is not iterable'],
    [
      'a loop over nothing',
      'const a = {}\nfor (const x of a.list) x',
      'a.list is undefined: it cannot be gone through',
    ],
    ['a spread', 'const a = {}\nreturn [...a]', 'a is not iterable'],
    ['a list taken out of an object', 'const a = {}\nconst [b] = a\n', 'a is not iterable'],
    [
      'an object taken out of nothing',
      'const a = {}\nconst { b } = a.c',
      'a.c is undefined or null: nothing can be taken out of it',
    ],
    [
      'an object taken out of nothing inside',
      'const a = {}\nconst { b: { c } } = a',
      '{ b: { c } } finds undefined or null in a',
    ],
    [
      'keys of nothing',
      'const a = {}\nreturn Object.keys(a.b)',
      'Object.keys is given a.b, which is undefined or null',
    ],
    ['Promise.all of an object', 'await Promise.all({ a: 1 })', 'Promise.all is given { a: 1 }, which is not iterable'],
    ['a Map of an object', 'return new Map({ a: 1 })', 'new Map is given { a: 1 }, which is not iterable'],
    ['a callback that is none', 'const f = 1\nreturn [1].map(f)', '[1].map, or what it is given, is not a function'],
    ['the engine itself where nothing is certain', 'const a = 1\na = 2', "'a' is read-only"],
    ['what the program throws', `throw new TypeError('no such user')`, 'no such user'],
  ])
})

describe('tools that do not exist (49, 56)', () => {
  says([
    ['a tool', 'await tools.shop.nope({})', /^tools\.shop\.nope does not exist; nearest: .*tools\.shop\.list_issues/],
    [
      'a tool over several lines',
      'await tools\n  .shop\n  .nope({})',
      /^tools\.shop\.nope does not exist; nearest: .*tools\.shop\./,
    ],
    ['a server', 'await tools.gitlab.list({})', /^tools\.gitlab does not exist; nearest: tools\.github/],
    [
      'a server taken apart',
      'const { search } = tools.gitlab',
      /^tools\.gitlab does not exist; nearest: tools\.github/,
    ],
    [
      'a server by another name',
      'const lab = tools.gitlab\nawait lab.search({})',
      /^lab is undefined: tools\.gitlab does not exist; nearest: tools\.github/,
    ],
    [
      'a tool by another name',
      'const f = tools.shop.nope\nreturn f()',
      /^f is undefined: tools\.shop\.nope does not exist; nearest/,
    ],
    [
      'a tool taken out',
      'const { nope } = tools.shop\nreturn nope()',
      /^nope is undefined: tools\.shop\.nope does not exist/,
    ],
    [
      'a tool taken out and renamed',
      'const { nope: run } = tools.shop\nreturn run()',
      /^run is undefined: tools\.shop\.nope does not exist/,
    ],
    [
      'a name in brackets',
      `await tools['gitlab']['list']({})`,
      /^tools\['gitlab'\] does not exist|^tools\.gitlab does not exist/,
    ],
    [
      'a name by a constant',
      `const name = 'nope'\nawait tools.shop[name]({})`,
      /^tools\.shop\[name\] does not exist; nearest: tools\.shop\./,
    ],
    [
      'a name by a variable',
      `const name = params.name ?? 'nope'\nawait tools.shop[name]({})`,
      'tools.shop[name] does not exist: tools.shop holds list_issues, create_issue, echo',
    ],
    [
      'a server that is called',
      'await tools.shop({})',
      'tools.shop is not a function: it holds list_issues, create_issue, echo',
    ],
    [
      'in a callback',
      'await Promise.all([1].map(async (n) => await tools.shop.nope({ n })))',
      /^tools\.shop\.nope does not exist/,
    ],
    ['a function of results', 'return results.items.length', /^results\.items does not exist; nearest: results\./],
    ['an intent', 'return await intents.sumary({})', /^intents\.sumary does not exist; nearest: intents\.summary/],
  ])
})

describe('names that are not defined (53, 56)', () => {
  says([
    ['a server', 'return shop.list_issues({})', 'shop is not defined: did you mean tools.shop'],
    ['a tool', 'return list_issues({})', 'list_issues is not defined: did you mean tools.shop.list_issues'],
    [
      'a tool in another case',
      'return listIssues({})',
      'listIssues is not defined: did you mean tools.shop.list_issues',
    ],
    [
      'a tool of two servers',
      'return read_file({})',
      'read_file is not defined: did you mean tools.files.read_file, tools.my-files.read_file',
    ],
    ['an intent', 'return summary({})', 'summary is not defined: did you mean intents.summary'],
    ['sdk', 'return sdk.shop.list_issues()', /^sdk is not defined: .*tools\.<server>\.<tool>/],
    ['mcp alone', 'return mcp', /^mcp is not defined: .*tools\.<server>\.<tool>/],
    [
      'callTool',
      `return callTool('shop.list_issues', {})`,
      'callTool is not defined: call a tool as tools.<server>.<tool>(arguments)',
    ],
    ['fetch', `return fetch('https://example.com')`, /^fetch is not defined: .*no network.*search for a tool/],
    ['Buffer', `return Buffer.from('a')`, /^Buffer is not defined: use Uint8Array/],
    ['process', 'return process.env.HOME', /^process is not defined: .*params/],
    ['fs', `return fs.readFileSync('a')`, /^fs is not defined: .*tools of a server/],
    ['document', 'return document.title', /^document is not defined: .*no page/],
    ['inputs', 'return inputs.n', 'inputs is not defined: the input of a program is params'],
    ['print', `print('a')`, /^print is not defined: use console\.log/],
    ['True', 'return True', /^True is not defined: .*not Python/],
    ['a misspelt local', 'const result = 1\nreturn reslut', 'reslut is not defined: did you mean result'],
    ['an assignment to what is not there', 'total += 5', /^total is not defined/],
    ['any other', 'return frobnicate', 'frobnicate is not defined'],
  ])
})

describe('habits with results (55)', () => {
  says([
    ['content', `${R}return r.content[0].text`, `r.content is undefined, cannot read '0': ${VALUE}`],
    [
      'structuredContent',
      `${R}return r.structuredContent.items`,
      `r.structuredContent is undefined, cannot read 'items': ${VALUE}`,
    ],
    ['data', `${R}return r.data.items`, `r.data is undefined, cannot read 'items': ${VALUE}`],
    ['json()', `${R}return (await r.json()).total`, `r.json is not a function: ${VALUE}`],
    ['split on an object', `${R}return r.split(',')`, `r.split is not a function: ${VALUE}`],
    [
      'split on a file that was JSON',
      `const t = await tools.files.read_json({})\nreturn t.split('\\n')`,
      't.split is not a function: t is already the value: {name, version}',
    ],
    ['map on an object', `${R}return r.map((item) => item.id)`, `r.map is not a function: ${VALUE}`],
    ['a loop over an object', `${R}for (const item of r) console.log(item)`, `r is not iterable: ${VALUE}`],
    [
      'a loop over a call',
      'for (const item of await tools.shop.list_issues({})) console.log(item)',
      /is not iterable: the call answers the value itself: \{items, nextCursor, total\}$/,
    ],
    [
      'a field on a call',
      'return (await tools.shop.list_issues({})).content[0]',
      /content is undefined, cannot read '0': the call answers the value itself: \{items, nextCursor, total\}$/,
    ],
    [
      'a field taken out',
      'const { data } = await tools.shop.list_issues({})\nreturn data.items',
      "data is undefined, cannot read 'items': tools.shop.list_issues answered {items, nextCursor, total}",
    ],
    [
      'a field of a list',
      'const l = await tools.files.list({})\nreturn l.items.length',
      "l.items is undefined, cannot read 'length': l is already the value: a list of 1, the first is {name, size}",
    ],
    [
      'a field of a text',
      'const t = await tools.files.read_file({})\nreturn t.content.length',
      "t.content is undefined, cannot read 'length': t is already the value: a text of 7 characters",
    ],
    [
      'parsing a text that is no JSON',
      'const t = await tools.files.read_file({})\nreturn JSON.parse(t)',
      /: t is already the value: a text of 7 characters$/,
    ],
    [
      'a forgotten await',
      'const r = tools.shop.list_issues({})\nreturn r.items.length',
      "cannot read 'items': r is a promise, write await before tools.shop.list_issues(…)",
    ],
    [
      'a forgotten await in between',
      'return await tools.shop.list_issues({}).items.length',
      /^cannot read 'items': a call is a promise, write \(await tools\.shop\.list_issues\(…\)\)$/,
    ],
    [
      'a forgotten await of results',
      `const r = results.get('r_1')\nreturn r.split(',')`,
      "cannot read 'split': r is a promise, write await before results.get(…)",
    ],
  ])

  it.each([
    ['JSON.parse of a value', `${R}return JSON.parse(r).total`, 2],
    ['JSON.parse of a call', 'return JSON.parse(await tools.files.list({}))[0].size', 1],
    ['JSON.parse with a reviver', `${R}return JSON.parse(r, (k, v) => (k === 'total' ? v + 1 : v)).total`, 3],
    ['JSON.parse of a text', `return JSON.parse('{"a": [1, 2]}').a.length`, 2],
    ['JSON.parse of null', 'return JSON.parse(null)', null],
    ['JSON.parse of a number', 'return JSON.parse(5)', 5],
  ])('%s works', async (_what, program, value) => {
    expect(await world.run(program)).toMatchObject({ status: 'ok', value: JSON.stringify(value) })
  })
})

describe('syntax that an engine explains badly (49, 57, 58)', () => {
  says([
    [
      'await in a callback',
      '[1].forEach((n) => {\n  await tools.shop.echo({ n })\n})',
      'await stands in a function that is not async: write async before the function of line 1',
      2,
    ],
    [
      'await in an inner callback',
      'const f = async () => {\n  [1].forEach((n) => {\n    return await tools.shop.echo({ n })\n  })\n}',
      'await stands in a function that is not async: write async before the function of line 2',
    ],
    [
      'await in a plain arrow',
      'return [1].map((n) => await tools.shop.echo({ n }))',
      /^await stands in a function that is not async/,
    ],
    [
      'await in a function',
      'function f() {\n  if (true) {\n    const a = await tools.shop.echo({})\n  }\n}',
      'await stands in a function that is not async: write async before the function of line 1',
    ],
    [
      'await in a method',
      'class A {\n  run() { return await tools.shop.echo({}) }\n}',
      'await stands in a function that is not async: write async before the function of line 2',
    ],
    ['await with parentheses', 'return [1].map((n) => await (n))', /^await stands in a function that is not async/],
    ['for await', 'function f() {\n  for await (const a of []) a\n}', /^await stands in a function that is not async/],
    [
      'a label that is not there',
      'for (const a of [1]) break outer',
      'there is no label outer around this break: write outer: before the loop that it means',
    ],
    ['a label to continue', 'for (const a of [1]) { continue next }', /^there is no label next around this continue/],
    ['accessor', 'class A { accessor n = 1 }', 'accessor fields are not read: write a getter and a setter'],
  ])
})
