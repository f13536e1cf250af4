import { type Engine, type LazyText, type Prime, type Priming } from './engine.ts'
import { primeInPlace } from './engine-in-place.ts'
import { primeByRestore } from './engine-restore.ts'

/** The fast way of making a guest clean if this build of the engine proves that it works, else the engine's own. */
export async function chooseEngine(module: WebAssembly.Module): Promise<Prime> {
  try {
    return (await isSound(primeInPlace, module)) ? primeInPlace : primeByRestore
  } catch {
    return primeByRestore
  }
}

/**
 * The canary: a program changes a global, a prototype and leaves a promise pending; after the reset the next one
 * must see none of it, and must still work. Answers arrive as what their text says, and are dropped.
 */
export async function isSound(prime: Prime, module: WebAssembly.Module): Promise<boolean> {
  const texts: string[] = []
  const host = {
    call: (_operation: number, _id: number, _index: number, text: LazyText): number => texts.push(text.read()),
    interrupt: () => false,
    now: () => Date.now(),
  }
  const engine = await (await prime(module, CANARY)).start(host)
  for (let program = 0; program < 3; program++) {
    if (!(await engine.reset(16 * 1024 * 1024))) return false
    texts.length = 0
    runScript(engine, LEAVE_TRACES)
    if (texts.join() !== 'undefined undefined,rejected 0 true,rejected 1 true,late') return false
    texts.length = 0
    engine.enterJson(7, ANSWER)
    if (texts.join() !== `7 ${ANSWER}`) return false
  }
  return true
}

function runScript(engine: Engine, script: string): void {
  engine.evaluate(script, 'canary.js', { operation: 1, number: 0, text: 'canary' }, 2)
  while (engine.runJobs(100));
}

const CANARY: Priming = {
  glue: `(host) => (operation, number, text, value) => {
    if (operation === 1) value(host)
    else if (operation === 5) host(0, 0, 0, ['rejected', number, value instanceof Promise].join(' '))
    else host(0, 0, 0, number + ' ' + JSON.stringify(operation === 3 ? value : JSON.parse(text)))
  }`,
  spec: '',
  modules: [],
  operations: { module: 0, broken: 0, value: 3, json: 4, rejection: 5 },
}

const ANSWER =
  '{"text":"ä€😀\\n","numbers":[1,-2.5,1e+300],"rows":[{"id":1,"of":["a"]},{"id":2,"of":["a"]}],"rest":[true,false,null,{}]}'

const LEAVE_TRACES = `(host) => {
  host(0, 0, 0, typeof globalThis.left + ' ' + typeof [].left)
  globalThis.left = 'global'
  Array.prototype.left = 'prototype'
  globalThis.pending = new Promise(() => {})
  Promise.reject(1).then(undefined, () => {})
  Promise.resolve().then(() => host(0, 0, 0, 'late'))
}`
