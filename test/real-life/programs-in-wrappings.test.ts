import { describe, expect, it } from 'vitest'
import { DailyWorld } from './daily-world.ts'

const world = new DailyWorld()
const ONE = 'const { total } = await tools.tracker.list_issues({ perPage: 1 })\nreturn total'
const ONE_LINE = 'const { total } = await tools.tracker.list_issues({ perPage: 1 }); return total > 30 && "many"'
const encoded = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

describe('programs inside of something else', () => {
  world.answers([
    ['JSON with a field code', JSON.stringify({ code: ONE }), 37],
    [
      'JSON with other fields beside it',
      JSON.stringify({ code: ONE, language: 'typescript', timeout: 5 }, null, 2),
      37,
    ],
    ['JSON with a field script', JSON.stringify({ script: ONE }), 37],
    ['a JSON text', JSON.stringify(ONE), 37],
    ['a JSON text with a fence in it', JSON.stringify('```ts\n' + ONE + '\n```'), 37],
    ['escaped line ends', ONE.replaceAll('\n', '\\n'), 37],
    ['escaped line ends and quotation marks', JSON.stringify(ONE_LINE + '\nreturn 1').slice(1, -1), 'many'],
    ['entities of HTML', encoded(ONE_LINE), 'many'],
    ['a tag', `<code>${ONE}</code>`, 37],
    ['a tag on lines of its own', `<program>\n${ONE}\n</program>\n`, 37],
    ['two tags', `<pre><code class="language-ts">\n${ONE}\n</code></pre>`, 37],
    ['a script element', `<script type="module">\n${ONE}\n</script>`, 37],
    ['the quotation marks of a mail', ONE.replace(/^/gm, '> '), 37],
    [
      'line numbers with bars',
      ONE.replace(
        /^/gm,
        (
          (at) => () =>
            ` ${++at} | `
        )(0),
      ),
      37,
    ],
    [
      'line numbers with full stops',
      ONE.replace(
        /^/gm,
        (
          (at) => () =>
            `${++at}. `
        )(0),
      ),
      37,
    ],
    [
      'line numbers with tabs',
      ONE.replace(
        /^/gm,
        (
          (at) => () =>
            `${++at}\t`
        )(41),
      ),
      37,
    ],
    ['the word of a fence that is not there', `typescript\n${ONE}`, 37],
    ['the word js alone', `js\n\n${ONE}`, 37],
    ['a sentence before it', `Here is the program:\n\n${ONE}`, 37],
    ['a sentence with an apostrophe', `I'll count the issues (open and closed).\n\n${ONE}`, 37],
    ['two paragraphs before it', `First I look.\nThen I count them.\n\n${ONE}`, 37],
    ['a heading before it', `## Count the issues\n${ONE}`, 37],
    ['a headline in one word', `Solution:\n${ONE}`, 37],
    ['sentences before and behind', `Here it is:\n${ONE}\n\nThis returns how many there are.`, 37],
    ['a comment of Python', `# count the issues\n${ONE}`, 37],
    ['signs without width', `\u200b${ONE.replace('\n', '\u200b\n')}\u2060`, 37],
    ['two byte order marks', `\ufeff\ufeff${ONE}`, 37],
    ['an arrow that is called without parentheses', `async () => {\n${ONE}\n}()`, 37],
  ])
})

describe('what only looks as if it stood inside of something', () => {
  world.answers([
    ['a text with entities', "return 'a &lt; b &amp; c'", 'a &lt; b &amp; c'],
    ['a text with tags', "return '<code>x</code>'", '<code>x</code>'],
    ['a text alone', '"return to sender"', 'return to sender'],
    ['a text with an escaped line end', "return 'a\\nb'", 'a\nb'],
    ['an object with a field name', '{ "name": "x", "size": 1 }', { name: 'x', size: 1 }],
    ['an object with the code of a country', '({ "code": 49 })', { code: 49 }],
    ['a text with signs without width', "return '\u200b'.length", 1],
    ['typographic quotation marks in texts', "return `“it’s”`.length + '„x“'.length", 9],
    ['quotations in a template', 'return `\n> a\n> b\n`.trim()', '> a\n> b'],
    ['a variable called js', 'const js = 1\njs\n', 1],
    ['a label in capital letters', 'Outer:\nfor (const a of [1, 2]) for (;;) continue Outer\nreturn 3', 3],
  ])
})

describe('texts that are no program', () => {
  world.fails([
    [
      'Python',
      'import json\nresult = tools.tracker.list_issues(per_page=1)\nprint(json.dumps(result))',
      /^the program is Python/,
    ],
    ['a function of Python', 'def main():\n    return tools.tracker.list_issues()\n\nmain()', /^the program is Python/],
    ['a loop of Python', 'for issue in issues:\n    print(issue["title"])', /^the program is Python/],
    ['a handler of Python', 'try:\n  x = 1\nexcept Exception as e:\n  pass', /^the program is Python/],
    ['a condition of Python', 'if True:\n  return 1', /^the program is Python/],
    ['a comprehension in TypeScript', 'const ids = [i.id for i in issues]\nreturn ids', /^the program is Python/],
    [
      'a text of Python in TypeScript',
      'const s = f"hello {params.n}"\nreturn s',
      /write texts with values in them as `… \$\{value\} …`/,
    ],
    ['a shell command', 'curl -s https://example.com | jq .', /^the program is a shell script/],
    ['a prompt of a shell', '$ npm install lodash', /^the program is a shell script/],
    ['SQL', 'SELECT id, total FROM orders\nWHERE total > 5', /^the program is SQL/],
    ['PHP', '<?php\necho 1;', /^the program is PHP/],
    [
      'a request of a call',
      '{"tool": "tracker.list_issues", "arguments": {"perPage": 1}}',
      /request of a call.*return await tools\.tracker\.list_issues\(\{ … \}\)/,
    ],
    ['a request of an intent', '{"intent": "crm.get_customer", "params": {"id": "c-01"}}', /request of a call/],
    [
      'typographic quotation marks',
      'const a = “x”\nreturn a',
      /^“ is no quotation mark of a program, write " or ' \(line 1:11\)/,
    ],
    ['typographic apostrophes', 'return ‘x’', /^‘ is no quotation mark/],
    [
      'a comment in the middle of another language',
      'const a = 1\n# twice\nreturn a * 2',
      /# begins no comment, write \/\//,
    ],
    ['a bracket too many', 'return 1;}', /^Unexpected token '}'/],
    ['a bracket too few', 'async function main() { return 1', /^the code ends in the middle of something/],
    ['a word that is misspelt', 'const a = 1\nretrn a', /^Unexpected token 'a', expected ";" \(line 2:7\)/],
    [
      'Python written by a program with a mistake',
      'const py = `\ndef main():\n    pass\n`\nreturn py +',
      /^the code ends in the middle/,
    ],
  ])

  it('acts on nothing of them', async () => {
    for (const code of [
      'def main():\n    return tools.chat.post_message({ channel: "a", text: "b" })\n\nmain()',
      'Wait, I do not want this.\ntools.chat.post_message({ channel: "a", text: "b" }) or',
    ])
      expect(await world.run(code)).toMatchObject({ status: 'error', error: { code: 'INVALID_CODE' } })
    expect(world.daily.calls).toEqual([])
  })
})

describe('places in programs inside of something else', () => {
  it.each([
    ['JSON', JSON.stringify({ code: 'const a: any = {}\n\nreturn a.b.c' }), 3, 8],
    ['a quotation', '> const a: any = {}\n> return a.b.c', 2, 10],
    ['a listing', '7 | const a: any = {}\n8 | return a.b.c', 2, 12],
    ['prose', 'Here it is:\n\nconst a: any = {}\nreturn a.b.c', 4, 8],
    ['escapes', 'const a: any = {}\\nreturn a.b.c', 2, 8],
    ['a tag', '<code>const a: any = {}; return a.b.c</code>', 1, 33],
  ])('%s', async (_what, code, line, column) => {
    expect(await world.run(code)).toMatchObject({
      status: 'error',
      error: { message: expect.stringContaining("cannot read 'c'"), details: { line, column } },
    })
  })
})

describe('names that nothing declares', () => {
  world.answers([
    ['a result', 'result = await tools.tracker.list_issues({ perPage: 1 })\nreturn result.total', 37],
    ['a result as the last thing', 'result = (await tools.tracker.list_issues({ perPage: 1 })).total', 37],
    ['a counter', 'for (i = 0; i < 3; i++) {}\nreturn i', 3],
    ['the items of a loop', 'sum = 0\nfor (n of [1, 2, 3]) { sum += n }\nreturn sum', 6],
    ['the keys of a loop', 'keys = []\nfor (k in { a: 1, b: 2 }) keys.push(k)\nreturn keys', ['a', 'b']],
    ['one set in a function', 'function f() { y = 5; return y }\nreturn f() + y', 10],
    ['one set in a condition', "if (params.n > 1) { kind = 'many' } else { kind = 'few' }\nreturn kind", 'many'],
    ['codemode', 'const r = await codemode.list_issues({ perPage: 1 })\nreturn r.total', 37],
    ['codemode with the server in the name', 'codemode.tracker_list_issues({ perPage: 1 }).then((r) => r.total)', 37],
    ['mcp', 'return (await mcp.tracker.list_issues({ perPage: 1 })).total', 37],
    ['mcp by a key', "return (await mcp['tracker']['list_issues']({ perPage: 1 })).total", 37],
    ['input', 'return input.n', 2],
    ['args', 'const { n } = args\nreturn n', 2],
    ['one’s own mcp', 'const mcp = { a: 1 }\nreturn mcp.a', 1],
    ['one’s own input', 'const input = { n: 7 }\nreturn input.n', 7],
    ['one’s own input as a function', 'function input() { return 3 }\nreturn input()', 3],
    ['one’s own args', 'var args = [1]\nreturn args.length', 1],
    ['fields that look like it', 'class A {\n  x = 1\n  y = 2\n}\nreturn new A()', { x: 1, y: 2 }],
    ['default values that look like it', 'const {\n  a = 1,\n  b = 2\n} = {}\nreturn a + b', 3],
    ['an enum that looks like it', 'enum E {\n  a = 1,\n  b = 2\n}\nreturn E.b', 2],
  ])
  world.fails([
    ['a tool of mcp that is not there', 'await mcp.nope.x()', /^TypeError: mcp\.nope does not exist; nearest: tools\./],
    ['one that is only read', 'return reslt', /^ReferenceError: reslt is not defined/],
    ['one that is only added to', 'total += 1', /^ReferenceError: total is not defined/],
  ])
})

describe('a last declaration', () => {
  world.answers([
    ['of an answer', 'const issue = await tools.tracker.get_issue({ id: 3 })', expect.objectContaining({ id: 3 })],
    ['of a field of an answer', 'const { total } = await tools.tracker.list_issues({})', { total: 37 }],
    [
      'of several answers',
      "const all = await Promise.all(['c-01', 'c-03'].map(async (id) => (await tools.crm.get_customer({ id })).tier))",
      ['gold', 'gold'],
    ],
    ['of a value that is awaited by nobody', 'const a = 1', null],
    [
      'and a class with a static main',
      'class Main {\n  static async main() {\n    return (await tools.tracker.get_issue({ id: 3 })).id\n  }\n}',
      3,
    ],
    [
      'and a class with a static run and parameters',
      'class Job { static run(input, tools) { return [input.n, typeof tools.crm] } }',
      [2, 'object'],
    ],
    ['and a class that is used', 'class Main { static main() { return 1 } }\nreturn [Main.main()]', [1]],
  ])
})

describe('arguments without their names', () => {
  world.answers([
    ['the only one that must be there', 'return (await tools.tracker.get_issue(3)).id', 3],
    ['the only one, as a text', "return (await tools.crm.get_customer('c-01')).tier", 'gold'],
    ['JSON of all', 'return (await tools.tracker.get_issue(JSON.stringify({ id: 3 }))).id', 3],
  ])
  world.fails([
    [
      'two in a row',
      "await tools.tracker.add_comment(3, 'hello')",
      /no object of arguments by their names, write \{ id: …, text: … \}/,
    ],
    ['a path and a text', "await tools.files.write_file('a.txt', 'hello')", /write \{ path: …, content: … \}/],
    ['one where none must be there', 'await tools.tracker.list_issues(1, 2)', /write \{ page: …, perPage: …, state: …/],
  ])
})
