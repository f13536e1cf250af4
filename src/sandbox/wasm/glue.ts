/**
 * What runs inside the guest before any program: takes the host functions away from the global scope, deletes what a
 * program must not have, and builds `tools`, `intents`, `results`. Everything it needs later is captured here, so a
 * program that changes its globals hurts only itself. Only texts, numbers and booleans cross.
 */
export interface GlueImage {
  /** Paths of functions, and whether all arguments are sent. */
  readonly functions: readonly { readonly path: readonly string[]; readonly spread: boolean }[]
  /** Compiled modules, in order; `null` source: it did not parse, `problem` says why. */
  readonly modules: readonly {
    readonly path: readonly string[]
    readonly name: string
    readonly aliases: Readonly<Record<string, string>>
    readonly problem?: string
  }[]
}

/** Globals of the engine that no program gets. */
export const DELETED_GLOBALS: readonly string[] = [
  'SharedArrayBuffer',
  'Atomics',
  'WebAssembly',
  'performance',
  'WeakRef',
  'FinalizationRegistry',
  'queueMicrotask',
  'navigator',
  'DOMException',
  'gc',
  'print',
  'scriptArgs',
]

/** Names that must not become properties of a namespace, because JavaScript gives them a meaning of its own. */
export const REFUSED_NAMES: ReadonlySet<string> = new Set([
  '__proto__',
  'constructor',
  'prototype',
  'then',
  'toJSON',
  'valueOf',
  'toString',
  'hasOwnProperty',
  '__defineGetter__',
  '__defineSetter__',
  '__lookupGetter__',
  '__lookupSetter__',
])

/** Source of the glue: a function of the image and the factories of its modules. */
export const GLUE_SOURCE: string = `(function (image, factories) {
  'use strict'
  const hostCall = globalThis.__call, hostDone = globalThis.__done, hostLog = globalThis.__log
  delete globalThis.__call; delete globalThis.__done; delete globalThis.__log
  const { create, freeze, defineProperty, keys } = Object
  const { parse, stringify } = JSON
  const { apply, ownKeys } = Reflect
  const uncurry = (method) => (self, ...args) => apply(method, self, args)
  const slice = uncurry(String.prototype.slice), join = uncurry(Array.prototype.join)
  const mapForEach = uncurry(Map.prototype.forEach), setForEach = uncurry(Set.prototype.forEach)
  const weakAdd = uncurry(WeakSet.prototype.add), weakHas = uncurry(WeakSet.prototype.has)
  const then = uncurry(Promise.prototype.then)
  const ErrorClass = Error, TypeErrorClass = TypeError, PromiseClass = Promise
  const toText = String, isArray = Array.isArray, floor = Math.floor
  for (const name of ${JSON.stringify(DELETED_GLOBALS)}) delete globalThis[name]
  delete globalThis.console

  const hidden = (target, name, value) => defineProperty(target, name, { value, writable: true, configurable: true, enumerable: false })
  // How values without JSON of their own are answered.
  hidden(BigInt.prototype, 'toJSON', function () { return toText(this) })
  hidden(Map.prototype, 'toJSON', function () {
    const entries = []; let plain = true
    mapForEach(this, (value, key) => { if (typeof key !== 'string') plain = false; entries[entries.length] = [key, value] })
    if (!plain) return entries
    const record = create(null)
    for (let i = 0; i < entries.length; i++) defineProperty(record, entries[i][0], { value: entries[i][1], enumerable: true, configurable: true, writable: true })
    return record
  })
  hidden(Set.prototype, 'toJSON', function () { const items = []; setForEach(this, (item) => { items[items.length] = item }); return items })
  hidden(ErrorClass.prototype, 'toJSON', function () { return { name: toText(this.name), message: toText(this.message) } })

  const pending = create(null)
  const hostErrors = new WeakSet()
  let nextId = 1, argumentLimit = 0, resultLimit = 0
  const encode = (value) => {
    const text = stringify(value)
    if (text === undefined) throw new TypeErrorClass('cannot send ' + typeof value + ' to a tool: wanted a JSON value')
    if (text.length > argumentLimit) throw new TypeErrorClass('cannot send ' + text.length + ' characters to a tool: at most ' + argumentLimit)
    return text
  }
  const hostFunction = (index, spread) => freeze(async (...args) => {
    const text = encode(spread ? args : args[0] === undefined ? {} : args[0])
    const id = nextId++
    return await new PromiseClass((resolve, reject) => {
      const entry = create(null)
      entry.resolve = resolve; entry.reject = reject
      pending[id] = entry
      hostCall(id, index, text)
    })
  })

  const roots = create(null)
  const place = (path, value) => {
    let scope = roots
    for (let i = 0; i < path.length - 1; i++) scope = scope[path[i]] ??= create(null)
    scope[path[path.length - 1]] = value
  }
  for (const name of ['tools', 'intents', 'results']) roots[name] = create(null)
  for (let i = 0; i < image.functions.length; i++) place(image.functions[i].path, hostFunction(i, image.functions[i].spread))

  const seal = (scope) => {
    for (const key of ownKeys(scope)) if (typeof scope[key] === 'object') seal(scope[key])
    return freeze(scope)
  }
  seal(roots.tools)
  const refuseImport = (name) => { throw new TypeErrorClass('cannot import "' + name + '": programs have no modules, use tools') }
  const modules = create(null)
  const viewOf = (aliases) => {
    const names = keys(aliases)
    let same = true
    for (const name of names) if (aliases[name] !== name) same = false
    if (same) return roots.tools
    const view = create(null)
    for (const key of ownKeys(roots.tools)) view[key] = roots.tools[key]
    for (const name of names) view[name] = roots.tools[aliases[name]]
    return freeze(view)
  }
  image.modules.forEach((module, index) => {
    let exported
    const run = freeze(async (input) => {
      if (module.problem !== undefined) throw new SyntaxError(module.problem)
      if (exported === undefined) { exported = create(null); factories[index](exported, refuseImport) }
      if (typeof exported.default !== 'function') throw new TypeErrorClass(module.name + ' has no default export')
      return await exported.default(input === undefined ? {} : input, viewOf(module.aliases), context)
    })
    modules[module.name] = run
    place(module.path, run)
  })
  seal(roots.intents)
  seal(roots.results)
  const context = freeze(create(null, { intents: { value: roots.intents, enumerable: true }, results: { value: roots.results, enumerable: true } }))
  freeze(roots)

  const inspect = (value) => {
    if (typeof value === 'string') return value
    if (typeof value === 'function') return '[function]'
    if (typeof value === 'symbol') return '[symbol]'
    try {
      if (value instanceof ErrorClass) return toText(value.name) + ': ' + toText(value.message)
      const text = stringify(value)
      return text === undefined ? toText(value) : text
    } catch { return '[unprintable]' }
  }
  const console = create(null)
  for (const level of ['log', 'info', 'debug', 'warn', 'error']) {
    const prefix = level === 'log' || level === 'info' ? '' : level + ': '
    console[level] = freeze((...values) => {
      const parts = []
      for (let i = 0; i < values.length && i < 20; i++) parts[i] = inspect(values[i])
      hostLog(slice(prefix + join(parts, ' '), 0, 4000))
    })
  }
  freeze(console)
  defineProperty(globalThis, 'console', { value: console, writable: true, configurable: true, enumerable: false })

  const textOf = (read, limit) => { try { const text = read(); return text === undefined ? '' : slice(toText(text), 0, limit) } catch { return '' } }
  const failure = (thrown) => {
    const error = create(null)
    const isObject = (typeof thrown === 'object' && thrown !== null) || typeof thrown === 'function'
    error.name = (isObject ? textOf(() => thrown.name, 100) : '') || 'Error'
    error.message = isObject ? textOf(() => thrown.message, 2000) : textOf(() => toText(thrown), 2000)
    error.stack = isObject ? textOf(() => thrown.stack, 4000) : ''
    if (isObject && weakHas(hostErrors, thrown)) { error.code = thrown.code; error.details = thrown.details }
    let text
    try { text = stringify(error) } catch { text = undefined }
    return text ?? '{"name":"Error","message":"the error cannot be shown","stack":""}'
  }
  const finish = (value) => {
    let text
    try { text = stringify(value) } catch (thrown) { return hostDone(false, failure(thrown)) }
    if (text === undefined) text = 'null'
    if (text.length > resultLimit) return hostDone(false, '{"name":"RangeError","message":"result of ' + text.length + ' characters: at most ' + resultLimit + '","limit":true}')
    hostDone(true, text)
  }
  const fail = (thrown) => { hostDone(false, failure(thrown)) }

  // A small fast counter (sfc32, public domain), so that the host's seed decides.
  const random = (a, b, c) => {
    let counter = 1
    const next = () => {
      const sum = (a + b | 0) + counter | 0
      counter = counter + 1 | 0
      a = b ^ b >>> 9
      b = c + (c << 3) | 0
      c = (c << 21 | c >>> 11) + sum | 0
      return (sum >>> 0) / 4294967296
    }
    for (let i = 0; i < 12; i++) next()
    return next
  }

  globalThis.__start = (program, input, seedA, seedB, argumentBytes, resultBytes) => {
    argumentLimit = argumentBytes; resultLimit = resultBytes
    const next = random(seedA, seedB, seedA ^ seedB)
    Math.random = () => next()
    let promise
    try {
      const params = parse(input)
      // Programs are strict functions of their own source; a text names a module.
      promise = typeof program === 'string' ? modules[program](params)
        : program(roots.tools, roots.intents, roots.results, params, console)
    } catch (thrown) { return fail(thrown) }
    then(promise, finish, fail)
  }
  globalThis.__deliver = (id, ok, text) => {
    const entry = pending[id]
    if (entry === undefined) return
    delete pending[id]
    if (ok) return entry.resolve(parse(text))
    const { name, message, code, details } = parse(text)
    const error = new ErrorClass(message)
    hidden(error, 'name', name)
    if (code !== undefined) error.code = code
    if (details !== undefined) error.details = details
    weakAdd(hostErrors, error)
    entry.reject(error)
  }
})`
