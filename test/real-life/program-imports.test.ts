import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createProgramWorld, type ProgramWorld } from './program-world.ts'

let world: ProgramWorld
beforeAll(() => {
  world = createProgramWorld()
})
afterAll(async () => {
  await world[Symbol.asyncDispose]()
})

describe('imports that are text (48)', () => {
  it.each([
    ['a template', 'const c = `\nimport a from "a"\n`\nreturn c.length', 19],
    [
      'a template with a value',
      'const n = 1\nconst c = `\nimport a from "${n}"\nexport * from "b"\n`\nreturn c.length',
      37,
    ],
    ['a text', `const c = "import a from 'a'"\nreturn c.length`, 17],
    ['Python', 'const py = `\nimport os\nfrom a import b\n`\nreturn py.split("\\n").length', 4],
    ['Markdown', 'const md = `\nimport the package:\n`\nreturn md.trim()', 'import the package:'],
    ['HTML', 'const html = `<script type="module">\nimport x from "./x.js"\n</script>`\nreturn html.length', 55],
    ['a block comment', '/*\nimport a from "a"\nexport { b } from "c"\n*/\nreturn 1', 1],
    ['a line comment', '// import a from "a"\nreturn 1', 1],
    ['a text with require', `return "const fs = require('fs')".length`, 24],
    ['a field', 'const a = { import: 1, require: 2, export: 3 }\nreturn a.import + a.require + a.export', 6],
    ['a function of the program', 'function require(name) { return name }\nreturn require("fs")', 'fs'],
    ['a method', 'const loader = { require: (name) => name }\nreturn loader.require("x")', 'x'],
  ])('%s', async (_what, program, value) => {
    expect(await world.run(program)).toMatchObject({ status: 'ok', value: JSON.stringify(value) })
  })
})

describe('imports that bring nothing new', () => {
  it.each([
    ['types', `import type { Issue } from './types'\nconst a: Issue = 1\nreturn a`, 1],
    ['types one by one', `import { type A, type B } from 'zod'\nconst a: A = 1\nreturn a`, 1],
    [
      'our own names',
      `import { tools, params } from 'mcp-optimizer'\nreturn [typeof tools.shop, params.n]`,
      ['object', 2],
    ],
    ['exported types', `export type { A } from './a'\nreturn 1`, 1],
  ])('%s', async (_what, program, value) => {
    expect(await world.run(program, { n: 2 })).toMatchObject({ status: 'ok', value: JSON.stringify(value) })
  })
})

describe('imports that are refused before anything runs (48)', () => {
  it.each([
    ['fs', `import fs from 'fs'\nreturn 1`, /'fs': .*files.*tools/, 1, 1],
    [
      'a promise module',
      `const a = 1\nimport { readFile } from 'node:fs/promises'`,
      /'node:fs\/promises'.*files/,
      2,
      1,
    ],
    ['all of it', `import * as path from 'path'`, /'path': .*join/, 1, 1],
    ['for its effects', `import 'dotenv/config'`, /'dotenv\/config'/, 1, 1],
    ['fetch', `import fetch from 'node-fetch'`, /'node-fetch': .*network.*tool/, 1, 1],
    ['axios', `const axios = require('axios')`, /'axios': .*network/, 1, 15],
    ['lodash', `import _ from 'lodash/fp'`, /'lodash\/fp': plain JavaScript/, 1, 1],
    ['crypto', `import { createHash } from 'crypto'`, /crypto\.randomUUID/, 1, 1],
    ['zod', `import { z } from 'zod'`, /'zod': .*schemas of the tools/, 1, 1],
    ['the SDK', `import { Client } from '@modelcontextprotocol/sdk/client/index.js'`, /tools\.<server>/, 1, 1],
    ['a file', `import * as shop from './servers/shop/index.js'`, /no files to import: tools are called as/, 1, 1],
    ['another package', `import { render } from 'ejs'`, /'ejs': .*plain JavaScript/, 1, 1],
    ['over several lines', `import {\n  a,\n  b,\n} from 'chalk'\nreturn 1`, /'chalk'/, 1, 1],
    ['at run time', `await tools.shop.create_issue({})\nconst fs = await import('fs')`, /'fs'/, 2, 18],
    [
      'at run time with attributes',
      `const a = await import("./a.json", { with: { type: 'json' } })`,
      /'\.\/a\.json'/,
      1,
      17,
    ],
    ['of TypeScript', `import fs = require('fs')`, /'fs'/, 1, 1],
    ['an export from a module', `export { a } from './a'`, /'\.\/a'/, 1, 1],
    ['an export of all', `export * from './a'`, /'\.\/a'/, 1, 1],
  ])('%s', async (_what, program, message, line, column) => {
    const { error, calls } = await world.run(program)
    expect(error).toMatchObject({ code: 'INVALID_CODE', message: expect.stringMatching(message), line, column })
    expect(error?.message).not.toContain('\n')
    expect(calls).toEqual([])
  })
})

describe('TypeScript that cannot be stripped (58)', () => {
  it.each([
    [
      'a namespace with values',
      'namespace Util { export const x = 1 }\nreturn Util.x',
      /namespace Util holds values.*const Util = \{/,
    ],
    [
      'a module with values',
      'module Util {\n  export function f() { return 1 }\n}\nreturn Util.f()',
      /namespace Util holds values/,
    ],
    ['a nested namespace', 'namespace A {\n  type B = 1\n  namespace C { export let x = 1 }\n}', /holds values/],
    ['a decorator', 'function log(c: any) {}\n@log class A {}', /decorators are not read/],
    ['a decorated method', 'class A {\n  @log() run() {}\n}', /decorators are not read/],
    ['JSX', 'const a = <div>x</div>\nreturn a', /JSX/],
  ])('%s', async (_what, program, message) => {
    const { error } = await world.run(program)
    expect(error).toMatchObject({ code: 'INVALID_CODE', message: expect.stringMatching(message) })
  })

  it.each([
    [
      'a namespace of types',
      'namespace A { export interface B { c: number } }\nconst b: A.B = { c: 1 }\nreturn b.c',
      1,
    ],
    [
      'a declared module',
      `declare module 'x' { const y: number }\ndeclare namespace Z { const q: number }\nreturn 1`,
      1,
    ],
    ['a declared global', 'declare global { interface Window { a: number } }\nreturn 1', 1],
    ['a declared constant', 'declare const x: number\nreturn 1', 1],
    ['an enum', 'enum E { a = 1, b = a << 1 }\nreturn E.b', 2],
    ['a constant enum', `const enum E { a = 'x' }\nreturn E.a`, 'x'],
    ['a cast in angle brackets', 'const a = <any>{ b: 1 }\nreturn a.b', 1],
    ['satisfies', 'return { a: 1 } satisfies object', { a: 1 }],
    [
      'an abstract class',
      'abstract class A { abstract n(): number }\nclass B extends A { n() { return 1 } }\nreturn new B().n()',
      1,
    ],
    [
      'parameter properties',
      'class A { constructor(private readonly n: number) {} get() { return this.n } }\nreturn new A(2).get()',
      2,
    ],
    ['overloads', 'function f(a: string): string\nfunction f(a: any) { return a }\nreturn f("x")', 'x'],
    ['assertions', 'function is(a: unknown): asserts a is string {}\nconst a: any = "x"\nis(a)\nreturn a!', 'x'],
    ['a variable called module', 'const module = 1\nconst namespace = 2\nreturn module + namespace', 3],
  ])('%s is fine', async (_what, program, value) => {
    expect(await world.run(program)).toMatchObject({ status: 'ok', value: JSON.stringify(value) })
  })
})

describe('text that is no program', () => {
  it.each([
    ['Python in a fence', '```python\nimport os\nprint(os.name)\n```', /the program is python/],
    ['a shell script', '```bash\nnpm install\n```', /the program is bash/],
  ])('%s', async (_what, program, message) => {
    const { error } = await world.run(program)
    expect(error).toMatchObject({ code: 'INVALID_CODE', message: expect.stringMatching(message) })
  })
})
