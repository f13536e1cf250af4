/** What there is in a program instead of well-known modules. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [
    /^(?:node:)?fs(?:\/promises)?$|^(?:fs-extra|graceful-fs|glob|fast-glob|chokidar|rimraf)$/,
    'files are read and written by the tools of a server: search for them',
  ],
  [
    /^(?:node:)?(?:https?|http2|net|tls|dns)$|^(?:node-fetch|axios|got|undici|ky|superagent|request|cross-fetch|isomorphic-fetch)$/,
    'a program has no network of its own: search for a tool that asks for it',
  ],
  [
    /^(?:node:)?child_process$|^(?:execa|shelljs|zx)$/,
    'a program starts no other programs: search for a tool that does',
  ],
  [/^(?:node:)?crypto$|^(?:uuid|nanoid)$/, 'crypto.randomUUID() is a global, other cryptography is work for a tool'],
  [
    /^(?:node:)?timers(?:\/promises)?$|^(?:delay|p-timeout|p-retry|async-retry)$/,
    'await sleep(ms) and setTimeout are globals',
  ],
  [/^(?:node:)?util$/, 'console.log and JSON.stringify show values, structuredClone copies them'],
  [/^(?:node:)?path(?:\/posix)?$/, "join paths as texts: parts.join('/')"],
  [/^(?:node:)?url$/, 'URL and URLSearchParams are globals'],
  [/^(?:node:)?buffer$/, 'atob, btoa, TextEncoder and Uint8Array are globals'],
  [/^(?:node:)?assert(?:\/strict)?$|^chai$/, 'throw an Error where something is not as it must be'],
  [/^(?:node:)?events$/, 'call functions directly: a program waits for its calls with await'],
  [/^(?:node:)?(?:process|os)$|^dotenv$/, 'a program knows no environment: what it needs comes in params'],
  [/^(?:node:)?perf_hooks$/, 'performance.now() and Date.now() are globals'],
  [
    /^(?:lodash|underscore|ramda|remeda|radash|es-toolkit)\b/,
    'plain JavaScript has map, filter, reduce, Object.groupBy, toSorted and Set',
  ],
  [/^(?:moment|dayjs|date-fns|luxon)\b/, 'use Date'],
  [
    /^(?:zod|ajv|yup|joi|valibot|typebox)\b|^@sinclair\/typebox/,
    'arguments are checked against the schemas of the tools: look at fields yourself',
  ],
  [/^(?:p-limit|p-map|p-queue|async|bluebird)$/, 'use Promise.all: calls beyond the limit wait for their turn'],
  [/^(?:papaparse|csv-parse|csv-stringify|csv-parser)\b/, 'text.table gives the rows of a CSV text'],
  [
    /^(?:openai|@anthropic-ai\/|ai$|@ai-sdk\/|langchain|@langchain\/)/,
    'a program has no model to ask: return the data instead',
  ],
  [/^@modelcontextprotocol\/|^mcp|\bmcp\b/, 'the tools of all servers are there as tools.<server>.<tool>(arguments)'],
  [/^\.{0,2}\/|^[@~#]\//, 'there are no files to import: tools are called as tools.<server>.<tool>(arguments)'],
]

/** Why a module cannot be imported, and what there is instead. */
export function adviceFor(module: string): string {
  const advice = ADVICE.find(([pattern]) => pattern.test(module))?.[1]
  const name =
    module === '' ? 'a program has no imports' : `a program has no imports, also not '${module.slice(0, 100)}'`
  return `${name}: ${advice ?? 'it uses only its params, its tools and plain JavaScript'}`
}
