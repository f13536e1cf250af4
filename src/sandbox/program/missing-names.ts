import { nearestNames } from '../../internal/nearest.ts'
import { type Context } from './explain-error.ts'
import { adviceFor } from './import-advice.ts'
import { placeAt } from './edit.ts'
import { syncFunctionAround } from './sync-await.ts'
import { T } from './tokens.ts'

/** Names that other hosts have: what there is in a program instead. */
const INSTEAD: readonly (readonly [RegExp, string])[] = [
  [
    /^(?:fetch|XMLHttpRequest|WebSocket|EventSource|axios|Request|Response|Headers|got)$/,
    'a program has no network of its own: search for a tool that asks for it',
  ],
  [/^(?:Buffer|Blob|File|FileReader)$/, 'use Uint8Array, TextEncoder, atob or btoa'],
  [/^(?:process|os|Deno|Bun|env|dotenv)$/, 'a program knows no environment: what it needs comes in params'],
  [
    /^(?:fs|readFile|readFileSync|writeFile|writeFileSync|glob|open)$/,
    'files are read and written by the tools of a server: search for them',
  ],
  [/^(?:path|__dirname|__filename)$/, "a program is no file: join paths as texts, parts.join('/')"],
  [
    /^(?:child_process|exec|execSync|spawn|spawnSync|subprocess|system)$/,
    'a program starts no other programs: search for a tool that does',
  ],
  [
    /^(?:window|document|self|location|history|navigator|localStorage|sessionStorage|indexedDB|alert|prompt|confirm|HTMLElement|DOMParser)$/,
    'a program runs in no page: what it needs comes in params and from tools',
  ],
  [
    /^(?:setInterval|clearInterval|setImmediate|clearImmediate|requestAnimationFrame)$/,
    'loop with await sleep(ms) instead',
  ],
  [/^(?:setTimeout|clearTimeout|sleep|delay|wait)$/, 'a program waits for its calls with await, and for nothing else'],
  [/^(?:global|root)$/, 'use globalThis'],
  [/^(?:module|exports|define)$/, 'return the value instead'],
  [/^(?:Temporal|moment|dayjs|luxon)$/, 'use Date'],
  [/^(?:Intl)$/, 'numbers, dates and texts have toLocaleString and localeCompare for en-US'],
  [
    /^(?:SharedArrayBuffer|Atomics|Worker|WebAssembly|WeakRef|FinalizationRegistry)$/,
    'a program is one thread with plain memory',
  ],
  [/^(?:_|lodash|R)$/, 'plain JavaScript has map, filter, reduce, Object.groupBy, toSorted and Set'],
  [/^(?:z|zod|Joi|yup)$/, 'look at fields yourself'],
  [/^(?:print|echo|puts|printf|println)$/, 'use console.log, and return for the result'],
  [/^(?:None|True|False|elif|def|len|str|dict)$/, 'a program is TypeScript, not Python'],
  [/^(?:inputs|param|parameters|context|ctx|event|request|body)$/, 'the input of a program is params'],
  [
    /^(?:sdk|mcp|codemode|servers|server|client|mcpClient|toolbox|tool|functions|api|mcpTools)$/,
    'the tools of all servers are there as tools.<server>.<tool>(arguments)',
  ],
  [
    /^(?:callTool|call_tool|callMcpTool|callMCPTool|call_mcp_tool|invokeTool|invoke|useTool|use_tool|runTool|executeTool|execute_tool|mcpCall|use_mcp_tool)$/,
    'call a tool as tools.<server>.<tool>(arguments)',
  ],
  [/^(?:execute_intent|executeIntent|runIntent|callIntent)$/, 'call an intent as intents.<name>(params)'],
  [/^(?:search|search_tools|searchTools|find_tools)$/, 'tools.search(query) finds tools'],
]

/** A name that is not defined: what it may mean, and what there is instead. */
export function explainMissingName(name: string, message: string, context: Context): string {
  const said = (text: string): string => `${name} is not defined: ${text}`
  if (name === 'await') return explainAwait(context) ?? message
  const at = context.tokens.all.findIndex(({ start }) => start === context.offset)
  if (at !== -1 && context.tokens.type(at + 1) === T.eq) return said('declare it with const or let')
  const paths = meantPaths(name, context.paths)
  if (paths.length > 0) return said(`did you mean ${paths.join(', ')}`)
  if (name === 'require') return said(adviceFor(''))
  const instead = INSTEAD.find(([pattern]) => pattern.test(name))?.[1]
  const [nearest] = nearestNames(
    name,
    context.origins.declared.filter((own) => own !== name),
    1,
  )
  if (nearest !== undefined && isLike(name, nearest)) return said(`did you mean ${nearest}`)
  return instead === undefined ? message : said(instead)
}

/** A misspelling, not another name: most of the letters are the same. */
function isLike(name: string, other: string): boolean {
  const letters = new Set(other.toLowerCase())
  const shared = [...name.toLowerCase()].filter((letter) => letters.has(letter)).length
  return Math.abs(name.length - other.length) <= 2 && name.length > 2 && shared >= name.length - 1
}

/** Servers and functions of this name: `tools.shop` for `shop`, `tools.shop.list_issues` for `listIssues`. */
function meantPaths(name: string, paths: readonly string[]): string[] {
  const key = plain(name)
  const found = paths.flatMap((path) => {
    const parts = path.split('.')
    const at = parts.findIndex((part, index) => index > 0 && plain(part) === key)
    return at === -1 ? [] : [parts.slice(0, at + 1).join('.')]
  })
  return [...new Set(found)].slice(0, 3)
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')
}

function explainAwait({ tokens, offset }: Context): string | undefined {
  const at = tokens.all.findIndex(({ start }) => start === offset)
  const start = at === -1 ? undefined : syncFunctionAround(tokens, at)
  return start === undefined ? undefined : awaitMessage(placeAt(tokens.source, tokens.start(start)).line)
}

export function awaitMessage(line: number): string {
  return `await stands in a function that is not async: write async before the function of line ${line}`
}
