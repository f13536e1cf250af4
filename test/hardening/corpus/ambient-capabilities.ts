import { type HostileCase, type Probe } from '../hostile-case.ts'
import { attacks, LOOT } from './attacks.ts'

const got: Probe = ({ out }) => out.status === 'ok' && out.value !== null && out.value !== 'nothing'

/** What is lying around in a JavaScript host: none of it may be there. */
export const ambientCapabilities: readonly HostileCase[] = attacks('capability', {
  environment: [
    'reads the environment',
    `return typeof process === 'undefined' ? 'nothing' : process.env`,
    { probe: got },
  ],
  'end-of-process': [
    'ends the process',
    `globalThis.process?.exit(3); globalThis.process?.kill?.(globalThis.process.pid, 'SIGKILL'); globalThis.process?.abort?.(); return 'nothing'`,
    { probe: got },
  ],
  'native-binding': [
    'loads a native binding',
    `return typeof globalThis.process?.binding?.('fs') === 'object' ? 'binding' : 'nothing'`,
    { probe: got },
  ],
  require: [
    'requires a module',
    `const load = typeof require === 'function' ? require : globalThis.module?.require; return load ? load('node:fs').readFileSync(params.file, 'utf8') : 'nothing'`,
    { probe: got },
  ],
  'import-builtin': [
    'imports a builtin',
    `const fs = await import('node:fs'); fs.writeFileSync(params.file, 'changed'); return 'imported'`,
    { expect: 'error' },
  ],
  'import-file': [
    'imports a file of the host',
    `await import('file://' + params.file); return 'imported'`,
    { expect: 'error' },
  ],
  'import-data': [
    'imports code from a URL with the code inside',
    `const { default: got } = await import('data:text/javascript,export default globalThis.process'); return typeof got`,
    { expect: 'error' },
  ],
  'import-http': [
    'imports code from a server',
    `await import('http://127.0.0.1:' + params.port + '/x.js'); return 'imported'`,
    { expect: 'error' },
  ],
  'import-engine-modules': [
    'imports the modules of the engine itself',
    `for (const name of ['std', 'os', 'bjson', 'qjs:std', 'qjs:os']) try { return Object.keys(await import(name)) } catch {} return 'nothing'`,
    { probe: got },
  ],
  'import-from-eval': [
    'imports where the parser did not look',
    `const load = Function('name', 'return import(name)'); try { return Object.keys(await load('node:os')) } catch { return 'nothing' }`,
    { probe: got },
  ],
  'import-meta': [
    'reads the address of its own module',
    `try { return eval('import.meta.url') } catch { return 'nothing' }`,
    { probe: got },
  ],
  'engine-globals': [
    'looks for the helpers of engines',
    `const names = ['std', 'os', 'scriptArgs', 'print', 'gc', 'load', 'loadScript', 'bjson', 'd8', 'quit', 'read', 'InternalBinding', 'Deno', 'Bun']; return names.filter((name) => typeof globalThis[name] !== 'undefined')[0] ?? 'nothing'`,
    { probe: got },
  ],
  'network-globals': [
    'looks for ways onto the network',
    `const names = ['fetch', 'XMLHttpRequest', 'WebSocket', 'EventSource', 'Request', 'navigator', 'BroadcastChannel', 'MessageChannel', 'caches']; return names.filter((name) => typeof globalThis[name] !== 'undefined')[0] ?? 'nothing'`,
    { probe: got },
  ],
  'fetches-canary': [
    'fetches from a server on the host',
    `try { return await (await fetch('http://127.0.0.1:' + params.port)).text() } catch { return 'nothing' }`,
    { probe: got },
  ],
  'fetch-over-host': [
    'fetches with the fetch of the host’s realm',
    `const realm = tools.echo.constructor('return globalThis')(); try { return await (await realm.fetch('http://127.0.0.1:' + params.port)).text() } catch { return 'nothing' }`,
    { probe: got },
  ],
  'file-over-host': [
    'writes with the file system of the host’s realm',
    `const realm = console.log.constructor('return globalThis.process')(); try { realm.getBuiltinModule('fs').writeFileSync(params.file, 'changed'); return 'written' } catch { return 'nothing' }`,
    { probe: got },
  ],
  'command-over-host': [
    'starts a command with the process of the host’s realm',
    `const realm = tools.get.constructor('return globalThis.process')(); try { return String(realm.getBuiltinModule('child_process').execSync('id')) } catch { return 'nothing' }`,
    { probe: got },
  ],
  'web-assembly': [
    'compiles machine code',
    `return typeof WebAssembly === 'undefined' ? 'nothing' : String(new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])))`,
    { probe: got },
  ],
  'shared-memory': [
    'shares memory, with which clocks are built',
    `return typeof SharedArrayBuffer === 'undefined' && typeof Atomics === 'undefined' ? 'nothing' : 'shared'`,
    { probe: got },
  ],
  'memory-of-literal': [
    'reaches shared memory without its name',
    `try { return Object.getPrototypeOf(new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }).buffer).constructor.name } catch { return 'nothing' }`,
    { probe: got },
  ],
  'atomics-wait': [
    'sleeps in the thread of its host',
    `globalThis.Atomics?.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5000); return 'nothing'`,
    { probe: got },
  ],
  'fine-clock': [
    'finds a clock finer than a millisecond',
    `const clocks = [globalThis.process?.hrtime?.()]; const now = () => [Date.now(), globalThis.performance?.now?.() ?? 0, Number(new Intl.DateTimeFormat('en', { fractionalSecondDigits: 3 }).format())]; for (let i = 0; i < 200; i++) clocks.push(...now().map((time) => time % 1 || undefined)); return clocks.find((clock) => clock !== undefined) ?? 'nothing'`,
    { probe: got },
  ],
  'garbage-watch': [
    'watches the garbage collector',
    `return typeof WeakRef === 'undefined' && typeof FinalizationRegistry === 'undefined' ? 'nothing' : 'watched'`,
    { probe: got },
  ],
  threads: [
    'starts threads',
    `const found = ['Worker', 'SharedWorker', 'MessageChannel', 'postMessage'].filter((name) => typeof globalThis[name] !== 'undefined'); return found[0] ?? 'nothing'`,
    { probe: got },
  ],
  'service-channel': [
    'catches what makes the globals on first use, and asks it for more than they do',
    `const found = new Set(); const see = (value) => { if (typeof value === 'function') found.add(value); else if (value && typeof value === 'object') for (const key of Reflect.ownKeys(value)) { try { if (typeof value[key] === 'function') found.add(value[key]) } catch {} } }
     for (const name of ['call', 'apply', 'bind']) { const real = Function.prototype[name]; Function.prototype[name] = function (...list) { see(this); list.forEach(see); return Reflect.apply(real, this, list) } }
     Object.defineProperty(Object.prototype, 'ask', { set(value) { see(value) }, configurable: true })
     for (const use of [() => new URL('a:b').href, () => (1).toLocaleString(), () => new TextDecoder().decode(new Uint8Array(1)), () => crypto.randomUUID(), () => setTimeout(() => 1, 1), () => structuredClone({}), () => console.table([1]), () => AbortSignal.abort()]) { try { see(use()) } catch {} }
     for (const fn of found) for (const list of [['source', '../../../package.json'], ['source', '__proto__'], ['source', 'constructor'], ['process', null], ['intl', ['constructor', null, {}, null, ${LOOT}, []]], ['url', ['file://' + params.file]], ['decode', { label: params.file }]]) { try { const got = fn(...list); if (typeof got === 'string' && got.includes('mcp-optimizer"')) return got } catch {} }
     return 'nothing'`,
    { probe: got },
  ],
  'new-realm': [
    'makes another realm',
    `return typeof ShadowRealm === 'undefined' ? 'nothing' : new ShadowRealm().evaluate('typeof process')`,
    { probe: got },
  ],
  'wrapper-arguments': [
    'the wrapper hands more over than the input',
    `return [...arguments].filter((item) => item !== params).map((item) => typeof item)[0] ?? 'nothing'`,
    { probe: got },
  ],
  'glue-names': [
    'the functions of the glue lie in the global scope',
    `const known = ['host', 'spec', 'enter', 'send', 'settle', 'waiting', '__call', '__settle', '__host', 'bridge']; return known.filter((name) => { try { return eval('typeof ' + name) !== 'undefined' } catch { return false } })[0] ?? 'nothing'`,
    { probe: got },
  ],
  'source-map': [
    'a source map comment makes a tool fetch',
    `eval('throw new Error("mapped")\\n//# sourceMappingURL=http://127.0.0.1:' + params.port + '/map')`,
    { expect: 'error' },
  ],
  debugger: ['stops in a debugger', `debugger; return 'nothing'`, { probe: got }],
  'indirect-eval': [
    'evaluates in the global scope',
    `return (0, eval)('(function () { ' + ${LOOT} + ' })()') ?? 'nothing'`,
    { probe: got },
  ],
  'source-of-glue': [
    'reads the source of what it was given',
    `return /=>|return|postMessage/.test(Function.prototype.toString.call(tools.echo)) ? 'source' : 'nothing'`,
    { probe: ({ out }) => /\/src\/|\/dist\/|require\(/.test(out.json) },
  ],
})
