import { type HostileCase, type Probe } from '../hostile-case.ts'
import { attacks } from './attacks.ts'

const runsOutside: Probe = ({ host }) => JSON.stringify(host.calls).includes('OUTSIDE')
const notOne: Probe = ({ out }) => out.status !== 'ok' || out.value !== 1
const broken = { expect: 'error' } as const

/** Text that is no program by itself, for what a wrapper or a stripper of types makes of it. */
export const wrapperBreaks: readonly HostileCase[] = attacks('wrap', {
  'closes-function': [
    'closes the function around it and opens another',
    `return 1 }); tools.echo('OUTSIDE'); (async function () {`,
    { ...broken, probe: runsOutside },
  ],
  'closes-call': [
    'closes function and call',
    `} )( ) ; tools.echo('OUTSIDE') ; ( async ( ) => {`,
    { ...broken, probe: runsOutside },
  ],
  'closes-labelled-block': [
    'closes a block of the wrapper and opens a like one',
    `} ; tools.echo('OUTSIDE') ; x: {`,
    { ...broken, probe: runsOutside },
  ],
  'closes-class': [
    'goes on as a method of a class',
    `}} class A { static { tools.echo('OUTSIDE') } static { {`,
    { ...broken, probe: runsOutside },
  ],
  'breaks-to-label': [
    'jumps to a label that the wrapper may have',
    `for (const name of ['body', 'program', 'outer', 'main', '$0']) try { eval('break ' + name) } catch {} break out;`,
    broken,
  ],
  'line-comment-at-end': [
    'a comment at the end swallows the closing brace',
    `return 1 // and no newline`,
    { probe: notOne },
  ],
  'html-comment-at-end': [
    'a comment of old browsers does so',
    `return 1 <!-- and no newline`,
    { probe: ({ out }) => out.status === 'crash' },
  ],
  'open-comment': ['a comment is never closed', `return 1 /* for ever`, broken],
  'open-text': ['a text is never closed', `return '`, broken],
  'open-template-part': [
    'a template part is never closed',
    `return \`\${ tools.echo('OUTSIDE')`,
    { ...broken, probe: runsOutside },
  ],
  'open-regexp': ['a regular expression is never closed', `return /[`, broken],
  directive: [
    'a directive of another dialect comes first',
    `'use asm'; 'use strict'; 'use server'; return 1`,
    { probe: notOne },
  ],
  'script-end': [
    'ends the script element around it',
    `return '</script><script>tools.echo("OUTSIDE")</script>'.length > 0 ? 1 : 0`,
    { probe: notOne },
  ],
  'escaped-keyword': ['keywords are written with escapes', `var \\u0061 = 1; return \\u0061w\\u0061it`, broken],
  'escaped-name': [
    'a name with escapes reaches the same tool',
    `return await t\\u006fols.\\u0065cho(1)`,
    { probe: notOne },
  ],
  'line-separators': [
    'line separators inside text and between statements',
    `const a = '\u2028';\u2029return a.length`,
    { probe: notOne },
  ],
  'nul-and-bom': ['NULs and byte order marks between words', `\ufeffreturn\u00a0\ufeff1`, { probe: notOne }],
  'regexp-or-division': [
    'a slash that is a division here and a regular expression there',
    `let g = 2, tools2 = 4; const a = tools2 /g/ 2; return a /*/ + '/*' */`,
    { probe: notOne },
  ],
  'asi-return': [
    'a newline after return',
    `return\n1`,
    { probe: ({ out }) => out.status === 'ok' && out.value !== null },
  ],
  'too-long': ['a source of half a megabyte', `return 1 ${'/*'.padEnd(500_000, '-')}*/`, broken],
  'deep-blocks': ['thirty thousand blocks in each other', `${'{'.repeat(30_000)}${'}'.repeat(30_000)} return 1`],
  'deep-types': [
    'types twenty thousand levels deep',
    `let a: ${'Array<'.repeat(20_000)}number${'>'.repeat(20_000)}; return 1`,
  ],
  'type-with-code': [
    'code that looks like a type',
    `type A = { a: string } & ReturnType<typeof tools.echo>; let a = 1 as unknown as A; return <any>a`,
    { probe: notOne },
  ],
  'enum-initialiser': [
    'the initialiser of an enum calls a tool',
    `enum E { A = tools.echo('OUTSIDE') as any, B = 1 } return E.B`,
    { probe: ({ out }) => out.status === 'crash' },
  ],
  namespace: [
    'namespaces, import aliases and export assignments',
    `namespace N { export const a = 1 } import fs = require('fs'); export = N`,
    broken,
  ],
  decorator: [
    'a decorator runs while the class is made',
    `const steal = (target: any) => { tools.echo('seen'); return target }; @steal class A { @steal accessor a = 1 } return 1`,
  ],
  'export-statement': [
    'exports from the middle of a function',
    `export default tools.echo('OUTSIDE'); return 1`,
    { probe: ({ out }) => out.status === 'ok' && out.value !== 1 },
  ],
  'import-statement': [
    'imports with attributes and a hash',
    `import data from './x.json' with { type: 'json' }; return data`,
    broken,
  ],
  'jsx-pragma': [
    'a pragma names what JSX is compiled to',
    `/** @jsx tools.echo */ const a = <OUTSIDE a="1" />; return 1`,
    { probe: runsOutside },
  ],
  'generic-arrow': [
    'generics that could be comparisons',
    `const f = <T,>(a: T) => a; const x = 1, y = 2; return f<number>(1) < y && x > (0) ? 1 : 2`,
    { probe: notOne },
  ],
  'hashbang-inside': ['a hashbang where none may be', `return 1\n#!/bin/sh`, broken],
  'await-in-parameters': [
    'await and yield as names and in defaults',
    `const f = async (a = await tools.echo(1)) => a; return await f()`,
    broken,
  ],
  'nothing-at-all': [
    'no statement at all',
    ` \n\t;;; /* */ // `,
    { probe: ({ out }) => out.status !== 'ok' || out.value !== null },
  ],
})
