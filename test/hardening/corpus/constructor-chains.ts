import { type HostileCase } from '../hostile-case.ts'
import { attacks, LOOT } from './attacks.ts'

/** Each tries to get hold of the host's Function through something that it was handed. */
export const constructorChains: readonly HostileCase[] = attacks('ctor-chain', {
  'sloppy-this': [
    'a sloppy function gets the global as this',
    `return Function('return this')().constructor.constructor(${LOOT})()`,
  ],
  'console-error': ['a method of console is a host function', `return console.error.constructor(${LOOT})()`],
  'tool-descriptor': [
    'the tool behind a property descriptor is a host function',
    `return Object.getOwnPropertyDescriptor(tools, 'echo').value.constructor(${LOOT})()`,
  ],
  'tool-promise': [
    'the promise of a call was made by the host',
    `const promise = tools.echo(1); const F = promise.constructor.constructor; await promise; return F(${LOOT})()`,
  ],
  'promise-then': [
    'the then method of such a promise is the host’s',
    `return tools.echo(1).then.constructor(${LOOT})()`,
  ],
  'answer-prototype': [
    'an answer keeps the prototype of the host',
    `const answer = await tools.get(); return Object.getPrototypeOf(answer.nested).constructor.constructor(${LOOT})()`,
  ],
  'answer-iterator': [
    'the iterator of an array in an answer belongs to the host',
    `const { items } = await tools.get(); return items[Symbol.iterator]().next.constructor(${LOOT})()`,
  ],
  'answer-text': [
    'a text that was answered is boxed by the realm it comes from',
    `const text = await tools.slow(1); return text.constructor.constructor(${LOOT})()`,
  ],
  'params-method': [
    'an inherited method of params is a host function',
    `return params.hasOwnProperty.constructor(${LOOT})()`,
  ],
  'params-depth': [
    'an array deep in params keeps its prototype',
    `return Object.getPrototypeOf(params.a.b[0].c).push.constructor(${LOOT})()`,
    { params: { a: { b: [{ c: [] }] } } },
  ],
  'error-prototype': [
    'the error of a failed call is the host’s object',
    `try { await tools.fail() } catch (error) { return Object.getPrototypeOf(error).constructor.constructor(${LOOT})() }`,
  ],
  'error-cause': [
    'the cause of a failed call is carried along',
    `try { await tools.fail() } catch (error) {
  let at = error
  while (at.cause) at = at.cause
  return [String(at.message), error.HOST_ERROR_SECRET ?? null, at.toString.constructor(${LOOT})()]
}`,
  ],
  'tool-bind': ['bind of a tool makes a function of the host', `return tools.echo.bind(null).constructor(${LOOT})()`],
  'tool-subclass': [
    'a class derives from the constructor of a tool',
    `class Made extends tools.echo.constructor {}
return new Made(${LOOT})()`,
  ],
  'reflect-construct': [
    'Reflect.construct makes a function with the constructor of console.log',
    `return Reflect.construct(console.log.constructor, [${LOOT}], Object)()`,
  ],
  'async-constructor': [
    'the constructor of async functions is reached over a tool',
    `const AsyncFunction = Object.getPrototypeOf(tools.echo).constructor; return await AsyncFunction(${LOOT})()`,
  ],
  'generator-constructor': [
    'the constructor of generators compiles text as well',
    `const G = Object.getPrototypeOf(function* () {}).constructor; return [...G('yield (function () { ' + ${LOOT} + ' })()')()]`,
  ],
  'poisoned-caller': [
    'the getter of caller is applied to a tool while it runs',
    `const { get } = Object.getOwnPropertyDescriptor(Function.prototype, 'caller') ?? {}
const found = []
const argument = { get x() { try { found.push(get.call(tools.echo)) } catch {} return 1 } }
await tools.echo(argument)
return found.filter(Boolean).map((f) => f.constructor(${LOOT})())`,
  ],
  'getter-on-argument': [
    'a getter of an argument looks at who reads it',
    `let stolen
function read() { try { stolen = read.caller?.constructor(${LOOT})() } catch {} return 1 }
await tools.echo(Object.defineProperty({}, 'x', { get: read, enumerable: true }))
return stolen`,
  ],
  'reviver-holder': [
    'JSON.parse hands its holder to the reviver as this',
    `let got; JSON.parse('{"a":1}', function () { got ??= this.constructor.constructor(${LOOT})(); return 1 }); return got`,
  ],
  'callback-arguments': [
    'the arguments object of a callback is made by the caller',
    `let got; try { await tools.each([1], function () { got = arguments.constructor.constructor(${LOOT})() }) } catch {} return got`,
  ],
  'global-prototype': [
    'the prototype of the global object leads to the host',
    `let at = globalThis
const found = []
while ((at = Object.getPrototypeOf(at))) found.push(at.constructor.constructor(${LOOT})())
return found`,
  ],
  'whole-graph': [
    'walks everything that can be reached and tries each constructor',
    `const seen = new Set(), queue = [tools, console, params, globalThis, await tools.get(), tools.echo(1)]
const found = []
while (queue.length > 0 && seen.size < 5000) {
  const item = queue.shift()
  if ((typeof item !== 'object' && typeof item !== 'function') || item === null || seen.has(item)) continue
  seen.add(item)
  try { const got = item.constructor.constructor(${LOOT})(); if (got) found.push(got) } catch {}
  queue.push(Object.getPrototypeOf(item))
  for (const key of Reflect.ownKeys(item)) {
    const { value, get, set } = Object.getOwnPropertyDescriptor(item, key)
    queue.push(value, get, set)
  }
}
return found`,
  ],
})
