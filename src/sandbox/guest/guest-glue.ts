import type { TextData } from '../../internal/text-data.ts'
import type { GuestTools } from './guest-tools.ts'
import type { LocaleMethods } from './locale.ts'
import type { GuestTimers } from './timers.ts'

// Methods are captured without their object on purpose: programs may replace them on it.
// oxlint-disable typescript/unbound-method
/** What the guest is primed with, besides its modules: built by `image.ts`, read by {@link guestGlue}. */
export interface GlueSpec {
  /** Roots of the namespaces; each becomes a frozen global, also when nothing is below it. */
  readonly roots: readonly string[]
  /** Path and `spread` of each host function, in the order of their numbers. */
  readonly functions: readonly (readonly [path: readonly string[], spread: boolean])[]
  readonly modules: readonly {
    readonly path: readonly string[]
    readonly name: string
    readonly aliases: readonly (readonly [alias: string, server: string])[]
    /** Why the module cannot run, as its source does not compile; null when it does. */
    readonly broken: string | null
  }[]
  readonly aliases: readonly { readonly path: readonly string[]; readonly name: string }[]
  /** Names that code asks of any object: no spelling of a name is found under them. */
  readonly refused: readonly string[]
  /** Globals that are deleted. */
  readonly removed: readonly string[]
  /** Methods of `console` besides its levels. */
  readonly consoleMethods: readonly string[]
  /** Parts of `guest/parts.ts` that are made on first use, and the globals that they hold. */
  readonly parts: Readonly<Record<string, readonly string[]>>
}

/**
 * From the guest to the host. `done`: the result, index 1: there is none; id 1: if nothing else is left to do. `returned`:
 * the program's function has, and the result is asked for by `close`. `rejected`: an error that nobody caught, and how many
 * there are; comes before `done`. `goesOn`: it is not the end yet, something has just begun.
 */
export const FromGuest = {
  call: 1,
  log: 2,
  done: 3,
  fail: 4,
  ask: 20,
  wake: 21,
  returned: 5,
  rejected: 6,
  goesOn: 7,
} as const
/** From the host to the guest. */
export const ToGuest = {
  module: 0,
  body: 1,
  callModule: 2,
  metadata: 3,
  answer: 4,
  reject: 5,
  thrown: 6,
  begin: 7,
  broken: 8,
  value: 9,
  /** A promise was rejected and nobody handles it; number 1: now somebody does. */
  rejection: 10,
  /** Nothing is under way: is that the end? Number 1: the end is near, 2: it is now. */
  close: 11,
  wake: 20,
} as const

type Host = (operation: number, id: number, index: number, text: string) => number | string
/** The one function through which the host enters the guest. */
type Enter = (operation: number, number: number, text: string, value: unknown) => void

/**
 * Runs inside the guest, once, before the snapshot. Its source text is sent there, and that of `createTextData`: it
 * must refer to nothing outside itself. Everything it uses later is captured first, because programs may change every prototype;
 * for the same reason it avoids iterators, array holes and method calls on shared prototypes.
 */
export function guestGlue(host: Host, specText: string, texts: TextData): Enter {
  'use strict'
  const world = globalThis as unknown as Record<string, unknown>
  const { parse, stringify } = JSON
  const { create, defineProperty, freeze, getOwnPropertyNames, getPrototypeOf, keys, isFrozen } = Object
  const { apply, construct, get: getMember } = Reflect
  const plainObject: unknown = Object.prototype
  const { isView } = ArrayBuffer
  const { from: arrayFrom, isArray } = Array
  const toText = String
  const toNumber = Number
  const PlainPromise = Promise
  const PlainProxy = Proxy
  const { toPrimitive } = Symbol
  const PlainError = Error
  const PlainTypeError = TypeError
  const PlainRangeError = RangeError
  const PlainSyntaxError = SyntaxError
  const { charCodeAt, includes: includesText, indexOf: indexInText, slice: sliceText, toLowerCase } = String.prototype
  const { get: weakGet, set: weakSet } = WeakMap.prototype
  const { entries: mapEntries } = Map.prototype
  const { values: setValues } = Set.prototype
  const { then } = PlainPromise.prototype
  const resolved = PlainPromise.resolve()
  const clock = Date.now
  // By another name it evaluates in the global scope.
  const { eval: evalText } = globalThis

  const spec = parse(specText) as GlueSpec
  interface HostError {
    readonly code: unknown
    readonly details: unknown
  }
  const hostErrors = new WeakMap<object, HostError>()
  /** Levels of causes that are told, and errors of one that gathers some. */
  const MAX_CAUSES = 5
  const record = <T>(): Record<string | number, T> => create(null) as Record<string | number, T>
  interface List<T> {
    readonly items: Record<number, T>
    length: number
  }
  const listOf = <T>(): List<T> => ({ items: record<T>(), length: 0 })
  const add = <T>(list: List<T>, item: T): void => {
    list.items[list.length++] = item
  }

  // ---- values that leave the guest -------------------------------------------------------------------------

  /** Never inside a surrogate pair. */
  const cut = (text: string, length: number): string => {
    if (text.length <= length) return text
    const last = apply(charCodeAt, text, [length - 1])
    return apply(sliceText, text, [0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length])
  }

  /** Where a value contains itself, for the message of an error. */
  const cyclePath = (value: unknown, what: string): string | undefined => {
    const above = record<unknown>()
    const visit = (item: unknown, path: string, level: number): string | undefined => {
      if (typeof item !== 'object' || item === null || level > 200) return undefined
      for (let i = 0; i < level; i++) if (above[i] === item) return path
      above[level] = item
      const names = keys(item)
      for (let i = 0; i < names.length; i++) {
        const name = names[i] as string
        const found = visit((item as Record<string, unknown>)[name], `${path}.${name}`, level + 1)
        if (found !== undefined) return found
      }
      return undefined
    }
    try {
      return visit(value, what, 0)
    } catch {
      return undefined
    }
  }

  const cycleError = (value: unknown, what: string): Error | undefined => {
    const cycle = cyclePath(value, what)
    if (cycle === undefined) return undefined
    return new PlainTypeError(`${what} contains itself at ${cut(cycle, 200)}: JSON data has no cycles`)
  }

  // Whether a bigint met now goes to a tool, and what stands before its digits until the whole text is there.
  let isArgument = false
  let digitsMark = ''

  const withDigits = (text: string, mark: string): string => {
    let written = ''
    let from = 0
    for (;;) {
      const at = apply(indexInText, text, [mark, from])
      if (at < 0) return written + apply(sliceText, text, [from])
      const end = apply(indexInText, text, ['"', at + mark.length])
      written += apply(sliceText, text, [from, at]) + apply(sliceText, text, [at + mark.length, end])
      from = end + 1
    }
  }

  // ---- promises in values ----------------------------------------------------------------------------------

  /** A promise in a text, which has a mark where its value belongs. */
  interface Met {
    readonly mark: string
    readonly promise: unknown
    readonly key: string
    isSettled: boolean
  }
  /** 0: the result, 1: the arguments of a function of our own, 2: the argument of a tool. */
  type PackKind = 0 | 1 | 2
  /** JSON text whose promises are awaited. */
  interface Draft {
    /** Undefined for what JSON has no word for. */
    text: string | undefined
    readonly kind: PackKind
    readonly met: List<Met>
    open: number
    readonly failed: (error: unknown) => void
    readonly ready: () => void
  }
  let isPacking = false
  let met: List<Met> | undefined
  let lastMet: List<Met> | undefined
  let marks = 0

  /**
   * JSON text of a result or an argument; `lastMet` are the promises that it came to. Bigints in the argument of a tool
   * become plain digits. One function for all, as each call passes here.
   */
  const packAs = (kind: PackKind, value: unknown): string | undefined => {
    if (isPacking) return packWithin(kind, value)
    isPacking = true
    isArgument = kind === 2
    try {
      const text = stringify(value)
      return digitsMark === '' || text === undefined ? text : withDigits(text, `"${digitsMark}`)
    } catch (error) {
      throw cycleError(value, kind === 0 ? 'result' : 'argument') ?? error
    } finally {
      isPacking = false
      isArgument = false
      digitsMark = ''
      lastMet = met
      met = undefined
    }
  }

  /** The same for a toJSON of the program that calls a tool: the text around it goes on as it was. */
  const packWithin = (kind: PackKind, value: unknown): string | undefined => {
    const metBefore = met
    const wasArgument = isArgument
    const markBefore = digitsMark
    isPacking = false
    met = undefined
    digitsMark = ''
    try {
      return packAs(kind, value)
    } finally {
      isPacking = true
      met = metBefore
      isArgument = wasArgument
      digitsMark = markBefore
    }
  }

  const draftOf = (text: string | undefined, kind: PackKind, failed: Draft['failed'], ready: Draft['ready']): Draft => {
    const draft: Draft = { text, kind, met: listOf(), open: 0, failed, ready }
    if (lastMet !== undefined) watch(draft, lastMet)
    return draft
  }

  const watch = (draft: Draft, found: List<Met>): void => {
    for (let i = 0; i < found.length; i++) {
      const one = found.items[i] as Met
      const settle = (error: unknown, text: string | undefined): void => {
        one.isSettled = true
        draft.open--
        fill(draft, one.mark, text ?? 'null')
        if (text === undefined) draft.failed(error)
        if (draft.open === 0) draft.ready()
      }
      draft.open++
      add(draft.met, one)
      noteRejection(one.promise as Promise<unknown>, true)
      void apply(then, one.promise, [
        (value: unknown) => {
          let text: string | undefined
          try {
            text = packAs(draft.kind, value) ?? 'null'
            if (lastMet !== undefined) watch(draft, lastMet)
          } catch (error) {
            settle(error, undefined)
            return
          }
          settle(undefined, text)
        },
        (error: unknown) => settle(error, undefined),
      ])
    }
  }

  const fill = (draft: Draft, mark: string, text: string): void => {
    const whole = draft.text ?? ''
    const place = stringify(mark)
    const at = apply(indexInText, whole, [place])
    if (at < 0) return
    draft.text = apply(sliceText, whole, [0, at]) + text + apply(sliceText, whole, [at + place.length])
  }

  const readText = (holder: Record<string, unknown>, name: string, length: number): string | undefined => {
    try {
      const value = holder[name]
      return typeof value === 'string' ? cut(value, length) : undefined
    } catch {
      return undefined
    }
  }

  /** A host's error with its code; all others by what they call themselves. */
  const tell = (value: unknown, level: number): string => {
    if (typeof value !== 'object' || value === null) return showValue(value)
    const error = value as Record<string, unknown>
    const message = readText(error, 'message', 1_000)
    if (message === undefined) return cut(showValue(value), 1_000)
    const code = hostError(value)?.code
    const label = typeof code === 'string' ? code : (readText(error, 'name', 100) ?? 'Error')
    const text = withReasons(message, error, level)
    return label === 'Error' ? text : text === '' ? label : `${label}: ${text}`
  }

  const read = (holder: Record<string, unknown>, name: string): unknown => {
    try {
      return holder[name]
    } catch {
      return undefined
    }
  }

  /** A message with what its error says of its causes, and of the errors that it gathers. */
  const withReasons = (message: string, error: Record<string, unknown>, level: number): string => {
    let text = message
    if (level > MAX_CAUSES) return text
    const errors = errorsOf(error)
    const { length } = errors
    if (length > 0) text += `${text === '' ? '' : '; '}${length} ${length === 1 ? 'error' : 'errors'}: `
    for (let i = 0; i < length && i < MAX_CAUSES; i++) text += (i === 0 ? '' : '; ') + tell(errors[i], level + 1)
    if (length > MAX_CAUSES) text += '; …'
    const cause = read(error, 'cause')
    if (cause === undefined || cause === null) return text
    const told = tell(cause, level + 1)
    if (told === '') return text
    const known = typeof cause === 'object' ? readText(cause as Record<string, unknown>, 'message', 1_000) : undefined
    // Many repeat what the cause says: then only what is behind it is new.
    if (known !== undefined && known !== '' && apply(includesText, text, [known])) {
      return text + apply(sliceText, told, [apply(indexInText, told, [known]) + known.length])
    }
    return `${text === '' ? '' : `${text}; `}cause: ${told}`
  }

  const errorsOf = (error: Record<string, unknown>): ArrayLike<unknown> => {
    const errors = read(error, 'errors')
    return error instanceof PlainError && isArray(errors) ? errors : []
  }

  const hostError = (value: unknown): HostError | undefined =>
    typeof value === 'object' && value !== null
      ? (apply(weakGet, hostErrors, [value]) as HostError | undefined)
      : undefined

  /** The first error of the host among the causes of another. */
  const hostCause = (error: Record<string, unknown>, level: number): unknown => {
    if (level > MAX_CAUSES) return undefined
    const below = errorsOf(error)
    for (let i = -1; i < below.length && i < MAX_CAUSES; i++) {
      const cause = i < 0 ? read(error, 'cause') : below[i]
      if (typeof cause !== 'object' || cause === null) continue
      const known = hostError(cause)
      const message = readText(cause as Record<string, unknown>, 'message', 500)
      const found = known === undefined ? hostCause(cause as Record<string, unknown>, level + 1) : { ...known, message }
      if (found !== undefined) return found
    }
    return undefined
  }

  const describe = (thrown: unknown): string => {
    const body = record<unknown>()
    if (typeof thrown === 'object' && thrown !== null) {
      const holder = thrown as Record<string, unknown>
      body['name'] = readText(holder, 'name', 100) ?? 'Error'
      const message = readText(holder, 'message', 8_000)
      body['message'] = message === undefined ? showValue(thrown) : withReasons(message, holder, 0)
      body['stack'] = readText(holder, 'stack', 8_000)
      const known = hostError(thrown)
      const cause = known === undefined ? hostCause(holder, 0) : undefined
      if (known !== undefined) {
        body['code'] = known.code
        body['details'] = known.details
      } else if (cause !== undefined) body['details'] = { cause }
      if (known === undefined) body['answers'] = shapesOfAnswers()
    } else {
      body['name'] = 'Error'
      body['message'] = showValue(thrown)
    }
    return stringify(body)
  }

  /** A value as a line of the log. */
  const showValue = (value: unknown): string => {
    try {
      if (typeof value === 'string') return cut(value, 4_000)
      if (typeof value === 'function') return '[function]'
      if (typeof value !== 'object' || value === null) return cut(toText(value), 4_000)
      if (value instanceof PlainPromise) return '[a promise: await it]'
      if (value instanceof PlainError) {
        const error = value as unknown as Record<string, unknown>
        const message = withReasons(readText(error, 'message', 2_000) ?? '', error, 0)
        return cut(`${readText(error, 'name', 100) ?? 'Error'}: ${message}`, 4_000)
      }
      return cut(stringify(value) ?? '', 4_000)
    } catch {
      return '[value that cannot be shown]'
    }
  }

  const hide = (target: object, name: string | symbol, value: unknown): void => {
    defineProperty(target, name, { value, writable: true, configurable: true, enumerable: false })
  }

  // JSON text of values that JSON has no word for. `this` is whatever the guest calls it on: the captured
  // methods throw for anything else, which JSON.stringify passes on.
  const drain = (iterator: Iterator<unknown>): unknown[] => {
    const { next } = iterator
    const list: unknown[] = []
    for (;;) {
      const step = apply(next, iterator, [])
      if (step.done === true) return list
      defineProperty(list, list.length, {
        value: step.value,
        writable: true,
        configurable: true,
        enumerable: true,
      })
    }
  }
  hide(BigInt.prototype, 'toJSON', function toJSON(this: unknown) {
    if (!isArgument || typeof this !== 'bigint') return toText(this)
    if (digitsMark === '') digitsMark = `${random()}${random()}:`
    return digitsMark + toText(this)
  })
  hide(Map.prototype, 'toJSON', function toJSON(this: unknown) {
    return drain(apply(mapEntries, this, []) as Iterator<unknown>)
  })
  hide(Set.prototype, 'toJSON', function toJSON(this: unknown) {
    return drain(apply(setValues, this, []) as Iterator<unknown>)
  })
  hide(getPrototypeOf(Uint8Array.prototype) as object, 'toJSON', function toJSON(this: unknown) {
    return isView(this) ? apply(arrayFrom, Array, [this]) : null
  })
  hide(PlainPromise.prototype, 'toJSON', function toJSON(this: unknown, key: unknown) {
    if (!isPacking) throw new PlainTypeError('cannot turn a promise into JSON: await it first')
    const mark = `\u0000promise ${++marks} ${random()}`
    met ??= listOf()
    add(met, { mark, promise: this, key: toText(key), isSettled: false })
    return mark
  })
  hide(Error.prototype, 'toJSON', function toJSON(this: unknown) {
    const error = this as Record<string, unknown>
    const data = record<unknown>()
    data['name'] = readText(error, 'name', 100) ?? 'Error'
    data['message'] = readText(error, 'message', 8_000) ?? ''
    const code = hostError(error)?.code
    if (code !== undefined) data['code'] = code
    const reasons = withReasons('', error, 0)
    if (reasons !== '') data['reasons'] = reasons
    return data
  })

  // ---- data in texts ----------------------------------------------------------------------------------------

  // Beside a text that a tool gave: the JSON and the table it holds, read when a program asks for them.
  for (const [name, read] of [
    ['text', (text: string): unknown => text],
    ['json', (text: string): unknown => texts.json(text)],
    ['table', (text: string): unknown => texts.table(text)],
  ] as const) {
    defineProperty(String.prototype, name, {
      get(this: unknown) {
        return read(toText(this))
      },
      configurable: true,
      enumerable: false,
    })
  }

  // A tool's answer that was JSON is its value already: to parse it again gives it as it is. What a number cannot hold comes
  // from a text as it comes from a tool.
  const parser = {
    parse(text: unknown, reviver?: (key: string, value: unknown) => unknown): unknown {
      if (typeof text === 'string') return parse(texts.exact(text), reviver)
      if (typeof text !== 'object' || text === null) return parse(text as never, reviver)
      const above: unknown = getPrototypeOf(text)
      const isData = isArray(text) || above === null || above === plainObject
      if (!isData) return parse(text as unknown as string, reviver)
      return typeof reviver === 'function' ? parse(stringify(text), reviver) : text
    },
  }
  hide(JSON, 'parse', parser.parse)

  // ---- randomness ------------------------------------------------------------------------------------------

  // The engine's own generator is part of the snapshot and would give every run the same numbers (this is sfc32).
  let a = 0
  let b = 0
  let c = 0
  let count = 1
  const random = (): number => {
    const t = (((a + b) | 0) + count) | 0
    count = (count + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + t) | 0
    return (t >>> 0) / 4_294_967_296
  }
  const seed = (value: number): void => {
    a = value | 0
    b = (value / 4_294_967_296) | 0
    c = 0x9e37_79b9 | 0
    count = 1
    for (let i = 0; i < 12; i++) random()
  }
  hide(Math, 'random', () => (random() * 2_097_152 + random()) / 2_097_152)

  // ---- host calls ------------------------------------------------------------------------------------------

  interface Waiting {
    readonly resolve: (value: unknown) => void
    readonly reject: (error: unknown) => void
    /** Characters of the argument. */
    readonly size: number
    /** Number of the function that is called. */
    readonly index: number
  }
  interface Queued {
    readonly id: number
    readonly index: number
    readonly text: string
  }
  const waiting = record<Waiting>()
  const queue = record<Queued>()
  // Answers that stay referenced: taking thousands of small objects apart costs 5 % of a program that gets 150 KB, and
  // the next reset takes them all at once. So many characters only, as they cost memory.
  const kept = record<unknown>()
  // The numbers of the functions that gave them.
  const keptFrom = record<number>()
  let keptCount = 0
  let keepChars = 200_000
  let queueStart = 0
  let queueEnd = 0
  let nextId = 1
  let inFlight = 0
  let isOver = false
  let maxInFlight = 32
  // The host holds an argument some times over until its call ends: many large ones take turns.
  const maxCharsInFlight = 4_000_000
  let charsInFlight = 0
  let logOpen = true
  /** Undefined until a program uses them. */
  let timers: GuestTimers | undefined

  const limitError = (what: string): Error => makeHostError({ name: 'Error', code: 'LIMIT_EXCEEDED', message: what })

  const makeHostError = (body: { name?: string; code?: unknown; message?: string; details?: unknown }): Error => {
    const error = new PlainError(body.message)
    hide(error, 'name', body.name ?? 'Error')
    if (body.code !== undefined) hide(error, 'code', body.code)
    if (body.details !== undefined) hide(error, 'details', body.details)
    apply(weakSet, hostErrors, [error, { code: body.code, details: body.details }])
    return error
  }

  const mayGo = (text: string): boolean =>
    inFlight < maxInFlight &&
    (timers === undefined || !timers.holds()) &&
    (inFlight === 0 || charsInFlight + text.length <= maxCharsInFlight)

  const send = (id: number, index: number, text: string): void => {
    const refused = host(1, id, index, text)
    if (refused === 0) {
      inFlight++
      charsInFlight += text.length
    } else if (refused === 1) refuse(id, limitError('the argument of this call is larger than the limit of one call'))
    else if (refused === 2) refuse(id, limitError('the argument of this call nests too deep'))
    else isOver = true
  }

  const refuse = (id: number, error: Error): void => {
    const entry = waiting[id] as Waiting
    delete waiting[id]
    entry.reject(error)
  }

  const start = (index: number, text: string, resolve: Waiting['resolve'], reject: Waiting['reject']): void => {
    const id = nextId++
    waiting[id] = { resolve, reject, size: text.length, index }
    if (queueStart === queueEnd && mayGo(text)) send(id, index, text)
    else queue[queueEnd++] = { id, index, text }
  }

  /**
   * What promises of calls inherit: a name that no promise has is read from the answer, and the call was not awaited. Without
   * this the program would go on with undefined, and answer with nothing.
   */
  const promises = PlainPromise.prototype as unknown as Record<string | symbol, unknown>
  const unread = (): never => {
    throw new PlainTypeError('a call gives a promise, which is no text or number: write await before the call')
  }
  const others = new PlainProxy(freeze(create(promises) as object), {
    get: (_target, name, self) => {
      if (name === toPrimitive) return unread
      if (typeof name === 'symbol' || name in promises) return getMember(promises, name, self)
      throw new PlainTypeError(
        `cannot read '${cut(name, 100)}' of a promise: write await before the call that gives it`,
      )
    },
  })
  // What each await looks for stands before the trap.
  const ofCalls = create(others) as object
  for (const name of ['constructor', 'then', 'catch', 'finally', 'toJSON']) hide(ofCalls, name, promises[name])
  freeze(ofCalls)

  // One executor for all calls: it hands out what settles the promise that is being made.
  let resolveNew: Waiting['resolve']
  let rejectNew: Waiting['reject']
  const executor = [
    (resolve: Waiting['resolve'], reject: Waiting['reject']): void => {
      resolveNew = resolve
      rejectNew = reject
    },
  ] as const
  /** Makes promises that inherit from {@link ofCalls} from the beginning: to change that later costs each an own shape. */
  const CallPromise = function (): void {} as unknown as new () => Promise<unknown>
  defineProperty(CallPromise, 'prototype', { value: ofCalls })

  const call = (index: number, argument: unknown, kind: PackKind): Promise<unknown> => {
    const answer = construct(PlainPromise, executor, CallPromise)
    const resolve = resolveNew
    const reject = rejectNew
    try {
      const text = packAs(kind, argument)
      if (text === undefined) throw noData(argument)
      if (lastMet === undefined) start(index, text, resolve, reject)
      else startLater(index, text, kind, resolve, reject)
    } catch (error) {
      reject(error)
    }
    // The run has ended: until the host is asked whether to interrupt, and where nothing would catch that.
    if (isOver) for (;;);
    return answer
  }

  const noData = (argument: unknown): Error => {
    const kind = typeof argument
    const found = kind === 'function' || kind === 'symbol' ? `, found a ${kind}` : ''
    return new PlainTypeError(`the argument must be JSON data${found}`)
  }

  /** A call whose argument holds promises: when they are there. */
  const startLater = (
    index: number,
    text: string,
    kind: PackKind,
    resolve: Waiting['resolve'],
    reject: Waiting['reject'],
  ): void => {
    let hasFailed = false
    const failed = (error: unknown): void => {
      hasFailed = true
      reject(error)
    }
    const draft = draftOf(text, kind, failed, () => {
      if (!hasFailed) start(index, draft.text as string, resolve, reject)
    })
  }

  /** What waits for the answer to a call, whose place others may have now; undefined for a call that there is not. */
  const finishCall = (id: number): Waiting | undefined => {
    const entry = waiting[id]
    if (entry === undefined) return undefined
    delete waiting[id]
    inFlight--
    charsInFlight -= entry.size
    if (queueStart < queueEnd) sendQueued()
    return entry
  }

  const sendQueued = (): void => {
    while (queueStart < queueEnd) {
      const { id, index, text } = queue[queueStart] as Queued
      if (!mayGo(text)) return
      delete queue[queueStart++]
      send(id, index, text)
    }
  }

  /** What a value is, in a few words. */
  const shapeOf = (value: unknown): string => {
    if (typeof value === 'string') return `a text of ${value.length} characters`
    if (typeof value !== 'object' || value === null) return cut(toText(value), 40)
    if (isArray(value)) {
      const first: unknown = value.length > 0 ? value[0] : undefined
      return `a list of ${value.length}${typeof first === 'object' && first !== null ? `, the first is ${keysOf(first)}` : ''}`
    }
    return keysOf(value)
  }
  const keysOf = (value: object): string => {
    const names = keys(value)
    let text = ''
    for (let i = 0; i < names.length && i < 12; i++) text += `${i === 0 ? '' : ', '}${cut(names[i] as string, 40)}`
    return names.length > 12 ? `{${text}, …}` : `{${text}}`
  }
  /** What functions answered last, for the explanation of an error: asked for at the end of a program alone. */
  const shapesOfAnswers = (): Record<string, string> => {
    const shapes = record<string>()
    try {
      for (let i = keptCount - 1, left = 20; i >= 0 && left > 0; i--) {
        const entry = spec.functions[keptFrom[i] as number]
        if (entry === undefined) continue
        const path = joinPath(entry[0])
        if (shapes[path] !== undefined) continue
        shapes[path] = shapeOf(kept[i])
        left--
      }
    } catch {
      // Programs can make proxies of nothing here; what fails is not told.
    }
    return shapes
  }
  const joinPath = (path: readonly string[]): string => {
    let text = ''
    for (let i = 0; i < path.length; i++) text += (i === 0 ? '' : '.') + (path[i] as string)
    return text
  }

  // ---- namespaces ------------------------------------------------------------------------------------------

  type Space = Record<string, unknown>
  const refused = record<boolean>()
  for (let i = 0; i < spec.refused.length; i++) refused[spec.refused[i] as string] = true

  /** A name without case, `_`, `-` and signs. */
  const fold = (name: string): string => {
    const lower = apply(toLowerCase, name, [])
    let folded = ''
    for (let i = 0; i < lower.length; i++) {
      const code = apply(charCodeAt, lower, [i])
      if (code > 127 || (code > 96 && code < 123) || (code > 47 && code < 58)) folded += lower[i]
    }
    return folded
  }

  // What a namespace has no property for is looked up by its spelling: this is the namespaces' prototype, so a name that is
  // there costs nothing. The indexes are made where a run needs them, and gone with the next reset.
  let isPrimed = false
  const indexes = new WeakMap<object, Space>()
  const bareIndexes = new WeakMap<object, Space>()
  const isRoot = new WeakMap<object, boolean>()
  /** Stands for things of one spelling. */
  const several = freeze(record<never>())

  const addTo = (index: Space, name: string, value: unknown): void => {
    if (index[name] === undefined) index[name] = value
    else if (index[name] !== value) index[name] = several
  }
  const indexOf = (space: Space): Space => {
    const known = apply(weakGet, indexes, [space]) as Space | undefined
    if (known !== undefined) return known
    const index: Space = record()
    const names = getOwnPropertyNames(space)
    for (let i = 0; i < names.length; i++) addTo(index, fold(names[i] as string), space[names[i] as string])
    apply(weakSet, indexes, [space, index])
    return index
  }
  /** Functions of all namespaces below a root: by name, and behind a `.` by spelling, with and without the namespace. */
  const bareIndexOf = (root: Space): Space => {
    const known = apply(weakGet, bareIndexes, [root]) as Space | undefined
    if (known !== undefined) return known
    const index: Space = record()
    const spaces = getOwnPropertyNames(root)
    for (let i = 0; i < spaces.length; i++) {
      const space = root[spaces[i] as string]
      if (typeof space !== 'object' || space === null) continue
      const names = getOwnPropertyNames(space)
      for (let j = 0; j < names.length; j++) {
        const name = names[j] as string
        const value = (space as Space)[name]
        addTo(index, name, value)
        addTo(index, `.${fold(name)}`, value)
        addTo(index, `.${fold(spaces[i] as string)}${fold(name)}`, value)
      }
    }
    apply(weakSet, bareIndexes, [root, index])
    return index
  }
  const single = (value: unknown): unknown => (value === several ? undefined : value)
  const lookUp = (space: Space, name: string): unknown => single(indexOf(space)[fold(name)])

  /** Reads `server.tool`, `server__tool`, `server/tool`, `server:tool`; null when the name has no such parts. */
  const lookUpParts = (root: Space, name: string): unknown => {
    let hasParts = false
    let value: unknown
    for (let i = 1; i < name.length - 1; i++) {
      const isDouble = name[i] === '_' && name[i + 1] === '_'
      if (!isDouble && name[i] !== '.' && name[i] !== '/' && name[i] !== ':') continue
      hasParts = true
      const server = apply(sliceText, name, [0, i])
      const tool = apply(sliceText, name, [i + (isDouble ? 2 : 1)])
      const space = root[server] ?? lookUp(root, server)
      if (typeof space === 'object' && space !== null) value ??= (space as Space)[tool]
    }
    return hasParts ? value : null
  }
  const findSpelled = (space: Space, name: string): unknown => {
    const here = indexOf(space)[fold(name)]
    if (here !== undefined) return single(here)
    if (apply(weakGet, isRoot, [space]) !== true) return undefined
    const inParts = lookUpParts(space, name)
    if (inParts !== null) return inParts
    const bare = bareIndexOf(space)
    return single(bare[name] ?? bare[`.${fold(name)}`])
  }
  const otherNames = new Proxy(freeze(record<never>()), {
    get(_, name, space: unknown): unknown {
      if (!isPrimed || typeof name !== 'string' || name === '' || refused[name] === true) return undefined
      return typeof space === 'object' && space !== null ? findSpelled(space as Space, name) : undefined
    },
  })
  const namespace = (): Space => create(otherNames) as Space
  const root = (): Space => {
    const space = namespace()
    apply(weakSet, isRoot, [space, true])
    return space
  }

  const roots = record<Space>()
  for (let i = 0; i < spec.roots.length; i++) {
    const name = spec.roots[i] as string
    roots[name] = name === 'tools' || name === 'intents' ? root() : record()
  }

  const place = (path: readonly string[], value: unknown): void => {
    let level = roots as Record<string, unknown>
    for (let i = 0; i < path.length - 1; i++) {
      const part = path[i] as string
      level[part] ??= create(getPrototypeOf(level) as object | null) as Space
      if (typeof level[part] !== 'object') return
      level = level[part] as Record<string, unknown>
    }
    const last = path[path.length - 1] as string
    if (level[last] === undefined) level[last] = value
  }

  const named = (fn: (...args: never) => unknown, path: readonly string[]): unknown => {
    defineProperty(fn, 'name', { value: path[path.length - 1] })
    return freeze(fn)
  }

  for (let i = 0; i < spec.functions.length; i++) {
    const entry = spec.functions[i] as GlueSpec['functions'][number]
    const fn = entry[1]
      ? (...list: unknown[]): Promise<unknown> => call(i, list, 1)
      : (argument: unknown = {}): Promise<unknown> => call(i, argument, 2)
    place(entry[0], named(fn, entry[0]))
  }

  // ---- modules ---------------------------------------------------------------------------------------------

  type Body = (exports: object, require: (name: string) => never) => Promise<void>
  interface Loaded {
    readonly name: string
    broken: string | null
    readonly aliases: readonly (readonly [string, string])[]
    body: Body | undefined
    tools: unknown
    exports: Promise<Record<string, unknown>> | undefined
  }
  const modules = record<Loaded>()
  const noRequire = (): never => {
    throw new PlainTypeError('a program has no imports: it uses only its input and its tools')
  }
  const evaluate = async (body: Body): Promise<Record<string, unknown>> => {
    const exports = record<unknown>()
    await body(exports, noRequire)
    return exports
  }
  let context: unknown
  const callModule = async (name: string, input: unknown): Promise<unknown> => {
    const loaded = modules[name]
    if (loaded === undefined) throw new PlainError(`there is no module ${name}`)
    if (loaded.broken !== null) throw makeHostError({ code: 'INVALID_CODE', message: loaded.broken })
    loaded.exports ??= evaluate(loaded.body as Body)
    const exports = await loaded.exports
    const main = exports['default']
    if (typeof main !== 'function') throw new PlainTypeError(`module ${name} has no function as default export`)
    return await apply(main as (...args: unknown[]) => Promise<unknown>, undefined, [input, loaded.tools, context])
  }

  for (let i = 0; i < spec.modules.length; i++) {
    const entry = spec.modules[i] as GlueSpec['modules'][number]
    const { name, aliases, broken, path } = entry
    modules[name] = { name, broken, aliases, body: undefined, tools: undefined, exports: undefined }
    place(
      path,
      named((input: unknown = {}) => callModule(name, input), path),
    )
  }

  const freezeAll = (value: Record<string, unknown>): unknown => {
    const names = keys(value)
    for (let i = 0; i < names.length; i++) {
      const inner = value[names[i] as string]
      if (typeof inner === 'object' && inner !== null && !isFrozen(inner)) freezeAll(inner as Record<string, unknown>)
    }
    return freeze(value)
  }

  const rename = (tools: Record<string, unknown>, aliases: readonly (readonly [string, string])[]): unknown => {
    if (aliases.length === 0) return tools
    const copy = root()
    const names = keys(tools)
    for (let i = 0; i < names.length; i++) copy[names[i] as string] = tools[names[i] as string]
    for (let i = 0; i < aliases.length; i++) {
      const [alias, server] = aliases[i] as readonly [string, string]
      if (tools[server] !== undefined) copy[alias] = tools[server]
    }
    return freeze(copy)
  }

  for (let i = 0; i < spec.aliases.length; i++) {
    const { path, name } = spec.aliases[i] as GlueSpec['aliases'][number]
    let level = roots as Space
    for (let j = 0; j < path.length - 1; j++) level = (level[path[j] as string] ?? record()) as Space
    const value = level[path[path.length - 1] as string]
    if (value !== undefined && level[name] === undefined) hide(level, name, value)
  }
  for (let i = 0; i < spec.roots.length; i++) {
    const name = spec.roots[i] as string
    const value = freezeAll(roots[name] as Record<string, unknown>)
    defineProperty(world, name, { value, enumerable: true })
  }
  context = freeze(
    Object.assign(record<unknown>(), {
      intents: roots['intents'] ?? record(),
      results: roots['results'] ?? record(),
      resources: roots['resources'] ?? record(),
      prompts: roots['prompts'] ?? record(),
      state: roots['state'] ?? record(),
    }),
  )
  for (const name of keys(modules)) {
    const loaded = modules[name] as Loaded
    loaded.tools = rename(roots['tools'] ?? record(), loaded.aliases)
  }
  isPrimed = true

  // ---- parts made on first use ----------------------------------------------------------------------------------

  /** What the thread around this guest knows; see `guest/services.ts`. */
  const ask = (kind: string, request: unknown): unknown => {
    const text = host(20, 0, 0, stringify([kind, request]))
    // The run has ended, as for calls.
    if (typeof text !== 'string') for (;;);
    const { value, error } = parse(text) as { value?: unknown; error?: { name: string; message: string } }
    if (error === undefined) return value
    if (error.name === 'RangeError') throw new PlainRangeError(error.message)
    throw new PlainTypeError(error.message)
  }

  // Asked for by few programs, so that not every start has to look at the clock.
  let startedAt: number | undefined
  const elapsed = (): number => toNumber(host(21, 0, 0, ''))
  const print = (line: string): void => {
    if (logOpen && host(2, 0, 0, cut(line, 4_000)) !== 0) logOpen = false
  }
  // What `work` throws at once is a rejection that nobody caught, as what it rejects with.
  const spawn = (work: () => unknown): void => {
    void new PlainPromise((resolve) => resolve(work()))
  }
  const tools: GuestTools = {
    ask,
    hide,
    random: () => random(),
    startedAt: () => (startedAt ??= clock() - elapsed()),
    print,
    show: (value) => showValue(value),
    elapsed,
    wake: (delayMs, isReal) => void host(21, isReal ? 2 : 1, delayMs, ''),
    spawn,
  }
  const made = record<Record<string, unknown>>()
  const load = (part: string): Record<string, unknown> => {
    const known = made[part]
    if (known !== undefined) return known
    const source = evalText(ask('source', part) as string) as () => unknown
    const loaded = apply(source, undefined, [tools]) as Record<string, unknown>
    made[part] = loaded
    if (part === 'timers') timers = loaded['timers'] as GuestTimers
    return loaded
  }

  /** `isLast`: nothing but timers is left of the program. */
  const wake = (isLast: boolean): void => {
    timers?.fire(isLast)
    sendQueued()
  }

  const parts = keys(spec.parts)
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] as string
    const names = spec.parts[part] as readonly string[]
    for (let j = 0; j < names.length; j++) {
      const name = names[j] as string
      defineProperty(world, name, {
        get: () => {
          const value = load(part)[name]
          hide(world, name, value)
          return value
        },
        set: (value: unknown) => hide(world, name, value),
        configurable: true,
        enumerable: false,
      })
    }
  }
  hide(world, 'queueMicrotask', (callback: unknown) => {
    if (typeof callback !== 'function') throw new PlainTypeError('The "callback" argument must be of type function')
    void apply(then, resolved, [() => (callback as () => unknown)()])
  })

  // V8's own make a formatter for each call, which it counts as next to nothing: some thousand are the end of a program.
  const typedArray = getPrototypeOf(Uint8Array.prototype) as object
  for (const [prototype, name, method] of [
    [Number.prototype, 'toLocaleString', 'number'],
    [BigInt.prototype, 'toLocaleString', 'bigint'],
    [Date.prototype, 'toLocaleString', 'date'],
    [Date.prototype, 'toLocaleDateString', 'day'],
    [Date.prototype, 'toLocaleTimeString', 'time'],
    [String.prototype, 'localeCompare', 'compare'],
    [String.prototype, 'toLocaleUpperCase', 'upper'],
    [String.prototype, 'toLocaleLowerCase', 'lower'],
    [Array.prototype, 'toLocaleString', 'list'],
    [typedArray, 'toLocaleString', 'list'],
  ] as const) {
    const call = function (this: unknown, first?: unknown, second?: unknown, third?: unknown): unknown {
      return (load('locale')['methods'] as LocaleMethods)[method]?.(this, first, second, third)
    }
    defineProperty(call, 'name', { value: name })
    hide(prototype, name, call)
  }

  // ---- console ---------------------------------------------------------------------------------------------

  // What most programs write needs no part: values beside each other.
  const isPlain = (values: readonly unknown[]): boolean =>
    made['console'] === undefined && !(typeof values[0] === 'string' && apply(includesText, values[0], ['%']))
  const logger =
    (level: string) =>
    (...values: unknown[]): void => {
      if (!logOpen) return
      if (!isPlain(values)) return (load('console')[level] as (...values: unknown[]) => void)(...values)
      let line = level === 'log' ? '' : `${level}: `
      const length = values.length < 20 ? values.length : 20
      for (let i = 0; i < length; i++) line += (i === 0 ? '' : ' ') + showValue(values[i])
      print(line)
    }
  const written =
    (name: string) =>
    (...values: unknown[]): void =>
      (load('console')[name] as (...values: unknown[]) => void)(...values)
  const console = record<unknown>()
  for (const level of ['log', 'info', 'warn', 'error', 'debug']) console[level] = logger(level)
  for (const name of spec.consoleMethods) console[name] ??= written(name)
  for (const name of spec.removed) delete world[name]
  defineProperty(world, 'console', { value: freeze(console), enumerable: true })

  // ---- runs ------------------------------------------------------------------------------------------------

  let hasReturned = false
  let result: unknown
  /** The result as text, taken when no call was under way any more. */
  let answer: Draft | undefined
  /** Rejected promises that nobody handles. */
  const unhandled = listOf<Promise<unknown> | undefined>()
  const placeOf = new WeakMap<object, number>()
  let asked = 0
  const failures = listOf<string>()
  const maxFailures = 20

  const finish = async (work: () => unknown): Promise<void> => {
    let text: string | undefined
    let isEnd = false
    try {
      result = await work()
      if (isIdle()) {
        text = packAs(0, result)
        isEnd = lastMet === undefined && isIdle()
        // The value has begun calls while it was read, which it must not do again.
        if (!isIdle()) answer = draftOf(text, 0, noteFailure, () => undefined)
      }
    } catch (error) {
      host(4, 0, 0, describe(error))
      return
    }
    hasReturned = true
    if (isEnd) host(3, 1, text === undefined ? 1 : 0, text ?? 'null')
    else host(5, 0, 0, '')
  }

  const isIdle = (): boolean => inFlight === 0 && queueStart === queueEnd && asked === unhandled.length

  const takeResult = (): void => {
    const text = packAs(0, result)
    answer = draftOf(text, 0, noteFailure, () => undefined)
  }

  const noteRejection = (promise: Promise<unknown>, isHandled: boolean): void => {
    const place = apply(weakGet, placeOf, [promise]) as number | undefined
    if (isHandled && place !== undefined) unhandled.items[place] = undefined
    if (isHandled) return
    apply(weakSet, placeOf, [promise, unhandled.length])
    add(unhandled, promise)
  }

  const noteFailure = (error: unknown): void => {
    if (failures.length < maxFailures) failures.items[failures.length] = describe(error)
    failures.length++
  }

  /** Asks what the promises were rejected with; false: there are none. */
  const readRejections = (): boolean => {
    let found = false
    while (asked < unhandled.length) {
      const promise = unhandled.items[asked]
      unhandled.items[asked++] = undefined
      if (promise === undefined) continue
      found = true
      void apply(then, promise, [undefined, noteFailure])
    }
    return found
  }

  /** `stage` 0: whether more is to come is looked for; 2: what is there now is told. */
  const close = (stage: number): void => {
    if (!hasReturned) return
    const isFirst = answer === undefined
    if (isFirst) takeResult()
    const draft = answer as Draft
    const hasBegun = isFirst && (draft.open > 0 || !isIdle())
    if ((readRejections() || hasBegun || stage === 1) && stage !== 2) host(7, 0, 0, '')
    else tellResult(draft, stage)
  }

  const tellResult = (draft: Draft, stage: number): void => {
    for (let i = 0; i < draft.met.length; i++) {
      const { mark, key, isSettled } = draft.met.items[i] as Met
      if (isSettled) continue
      fill(draft, mark, 'null')
      const where = key === '' ? 'that is the result' : `at "${cut(key, 100)}" of the result`
      if (stage === 0) noteFailure(new PlainError(`the promise ${where} can never settle: no call is in flight`))
    }
    const shown = failures.length < maxFailures ? failures.length : maxFailures
    for (let i = 0; i < shown; i++) host(6, failures.length, 0, failures.items[i] as string)
    host(3, 0, draft.text === undefined ? 1 : 0, draft.text ?? 'null')
  }

  const metadataOf = async (body: Body): Promise<unknown> => {
    const exports = await evaluate(body)
    const { metadata, default: main } = exports
    return { metadata: metadata ?? null, hasDefault: typeof main === 'function' }
  }

  const take = (entry: Waiting | undefined, answer: unknown, chars: number): void => {
    if (entry === undefined) return
    keepChars -= chars
    if (keepChars > 0) {
      keptFrom[keptCount] = entry.index
      kept[keptCount++] = answer
    }
    entry.resolve(answer)
  }

  return (operation, number, text, value) => {
    if (operation === 9) take(finishCall(number), value, toNumber(text))
    else if (operation === 4) {
      const entry = finishCall(number)
      let answer: unknown
      try {
        answer = text === '' ? undefined : parse(text)
      } catch (error) {
        if (!(error instanceof PlainSyntaxError)) {
          entry?.reject(error)
          return
        }
        answer = text
      }
      take(entry, answer, text.length)
    } else if (operation === 5) {
      finishCall(number)?.reject(makeHostError(parse(text) as { message: string }))
    } else if (operation === 1) {
      const params: unknown = parse(text)
      void finish(() => (value as (...names: unknown[]) => unknown)(params, params, params))
    } else if (operation === 2) {
      const input: unknown = parse(text)
      void finish(() => callModule(value as string, input))
    } else if (operation === 3) void finish(() => metadataOf(value as Body))
    else if (operation === 6) host(4, 1, 0, describe(value))
    else if (operation === 10) noteRejection(value as Promise<unknown>, number === 1)
    else if (operation === 11) {
      try {
        close(number)
      } catch (error) {
        host(4, 0, 0, describe(error))
      }
    } else if (operation === 0) (modules[text] as Loaded).body = value as Body
    else if (operation === 8)
      (modules[text] as Loaded).broken =
        readText(value as Loaded & Record<string, unknown>, 'message', 500) ?? 'it does not parse'
    else if (operation === 20) wake(number === 1)
    else if (operation === 7) {
      seed(number)
      maxInFlight = parse(text) as number
    }
  }
}
