// The sandboxes that are compared, each as its own documentation uses it. An engine opens with so many host functions
// and then runs sources, each in a clean state. `call(name)` and `end` say how a source of that engine calls and answers.
import { createRequire } from 'node:module'

Symbol.asyncDispose ??= Symbol('asyncDispose')
const require = createRequire(import.meta.url)

const row = (i) => ({
  id: i,
  title: `Issue ${i}: the checkout flow fails for some customers`,
  state: i % 3 ? 'open' : 'closed',
  score: (i * 7919) % 1000,
  author: `user-${i % 17}`,
  tags: ['billing', 'web'],
})
const rows = (count) => ({ items: Array.from({ length: count }, (_, i) => row(i)) })
/** 2 KB and 150 KB, as values and as text. */
export const VALUES = { small: rows(13), big: rows(1_000) }
const TEXTS = { small: JSON.stringify(VALUES.small), big: JSON.stringify(VALUES.big) }

const names = (wrappers) => ['small', 'big', ...Array.from({ length: wrappers }, (_, i) => `tool_number_${i}`)]

/** The programs; `call` writes a host call. */
export const PROGRAMS = {
  clean: () => 'return 1 + 1',
  light: (call) =>
    `const r = ${call('small', '{ q: "x" }')}\nreturn { id: r.items[0].id, title: r.items[0].title, n: r.items.length }`,
  heavy: (call) => `for (let i = 0; i < 3; i++) ${call('small', '{ i }')}
await Promise.all(Array.from({ length: 10 }, async (_, i) => ${call('small', '{ i }')}))
const r = ${call('big', '{}')}
const open = r.items.filter((i) => i.state === 'open').map((i) => ({ id: i.id, score: i.score })).sort((a, b) => b.score - a.score)
return { n: open.length, total: open.reduce((sum, i) => sum + i.score, 0), top: open.slice(0, 5) }`,
}

async function wasm(wrappers) {
  const { createWasmBackend } = await import('../dist/sandbox/wasm/backend.js')
  const { DEFAULT_LIMITS } = await import('../dist/sandbox/sandbox.js')
  const backend = createWasmBackend({ poolSize: 2 })
  const functions = names(wrappers).map((name) => ({ path: ['tools', 'x', name], name }))
  const image = { version: `bench-${wrappers}`, functions, modules: [] }
  const answer = async (name) => TEXTS[name]
  return {
    call: (name, input) => `await tools.x.${name}(${input})`,
    async run(source) {
      const sandbox = await backend.create(image)
      const { status, value, error } = await sandbox.run({ kind: 'body', source, input: '{}' }, answer, DEFAULT_LIMITS)
      await sandbox[Symbol.asyncDispose]()
      if (status !== 'ok') throw new Error(error?.message ?? status)
      return JSON.parse(value)
    },
    close: async () => await backend[Symbol.asyncDispose](),
  }
}

/** `run` with values as they are, which is how its documentation shows it. */
async function runObjects(wrappers) {
  return await runWith(wrappers, VALUES, (name, input) => `await tools.${name}(${input})`)
}

/** `run` with JSON text, which costs it less. */
async function runTexts(wrappers) {
  return await runWith(wrappers, TEXTS, (name, input) => `JSON.parse(await tools.${name}(${input}))`)
}

async function runWith(wrappers, answers, call) {
  const { createRunner } = await import('run')
  const tools = Object.fromEntries(names(wrappers).map((name) => [name, async () => answers[name]]))
  const runner = createRunner({ limits: { timeoutMs: 30_000 } })
  return {
    call,
    async run(source) {
      const result = await runner.run({ source, hostFunctions: { tools } })
      if (result.status !== 'completed') throw new Error(result.status)
      return result.value
    },
    close: async () => {},
  }
}

async function sebastianwessel(wrappers) {
  const { loadQuickJs } = await import('@sebastianwessel/quickjs')
  const { default: variant } = await import('@jitl/quickjs-ng-wasmfile-release-sync')
  const { runSandboxed } = await loadQuickJs(variant)
  // Values by its bridge cost it several times more than text.
  const env = Object.fromEntries(names(wrappers).map((name) => [name, async () => TEXTS[name]]))
  return {
    call: (name, input) => `JSON.parse(await env.${name}(${input}))`,
    async run(source) {
      const code = `export default await (async () => {\n${source}\n})()`
      const result = await runSandboxed(async ({ evalCode }) => await evalCode(code), { env })
      if (!result.ok) throw new Error(result.error.message)
      return result.data
    },
    close: async () => {},
  }
}

/** A new isolate from a snapshot of the wrappers for each program. */
async function isolatedVm(wrappers) {
  const { default: ivm } = await import('isolated-vm')
  const code = `const tools = {}
for (const name of ${JSON.stringify(names(wrappers))}) {
  tools[name] = async (input) => JSON.parse(await host.apply(undefined, [name, JSON.stringify(input)], { result: { promise: true } }))
}`
  const snapshot = ivm.Isolate.createSnapshot([{ code }])
  return {
    call: (name, input) => `await tools.${name}(${input})`,
    async run(source) {
      const isolate = new ivm.Isolate({ snapshot, memoryLimit: 64 })
      try {
        const context = await isolate.createContext()
        await context.global.set('host', new ivm.Reference(async (name) => TEXTS[name]))
        const script = `(async () => {\n${source}\n})().then((value) => JSON.stringify(value))`
        return JSON.parse(await context.eval(script, { promise: true, timeout: 30_000 }))
      } finally {
        isolate.dispose()
      }
    },
    close: async () => {},
  }
}

const version = (name) => {
  try {
    return require(`${name}/package.json`).version
  } catch {
    return undefined
  }
}

/** `concurrency`: those at which the engine's throughput is measured; its best one counts. */
export const ENGINES = {
  wasm: { open: wasm, version: () => require('../package.json').version, concurrency: [10, 100] },
  'run, objects': { open: runObjects, version: () => readVersion('run'), concurrency: [2, 10] },
  'run, JSON text': { open: runTexts, version: () => readVersion('run'), concurrency: [2, 10] },
  '@sebastianwessel/quickjs': {
    open: sebastianwessel,
    version: () => readVersion('@sebastianwessel/quickjs'),
    concurrency: [1, 2],
  },
  'isolated-vm': { open: isolatedVm, version: () => readVersion('isolated-vm'), concurrency: [2, 10] },
}

/** Not every package exports its manifest. */
function readVersion(name) {
  return version(name) ?? require(`./package.json`).dependencies[name]
}
