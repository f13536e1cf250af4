/** `structuredClone`: what the HTML standard copies of the types that the guest has. */
export function createStructuredClone(): object {
  type Key = string | symbol
  const { apply, ownKeys } = Reflect
  const { defineProperty, getOwnPropertyDescriptor, getPrototypeOf } = Object
  const { isArray } = Array
  const brand = Object.prototype.toString
  const read = (prototype: object, name: Key): ((self: object) => unknown) => {
    const getter = getOwnPropertyDescriptor(prototype, name)?.get as () => unknown
    return (self) => apply(getter, self, [])
  }
  const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as object
  const typeOf = read(typedArray, Symbol.toStringTag)
  const mapSize = read(Map.prototype, 'size')
  const setSize = read(Set.prototype, 'size')
  const bufferSize = read(ArrayBuffer.prototype, 'byteLength')
  const dateTime = Date.prototype.getTime
  const viewBuffer = read(DataView.prototype, 'buffer')
  const regExpSource = read(RegExp.prototype, 'source')
  const ERRORS = new Map<unknown, ErrorConstructor>([
    ['EvalError', EvalError],
    ['RangeError', RangeError],
    ['ReferenceError', ReferenceError],
    ['SyntaxError', SyntaxError],
    ['TypeError', TypeError],
    ['URIError', URIError],
  ] as [string, ErrorConstructor][])

  const refuse = (value: unknown): never => {
    let shown: string
    try {
      const kind = typeof value === 'object' ? apply(brand, value, []).slice(8, -1) : ''
      shown = kind === '' ? String(value).slice(0, 200) : `#<${kind}>`
    } catch {
      shown = 'this value'
    }
    throw new DOMException(`${shown} could not be cloned.`, 'DataCloneError')
  }
  /** True when a getter of a type takes the value: only its own kind has the inner slot. */
  const is = (get: (self: object) => unknown, value: object): boolean => {
    try {
      get(value)
      return true
    } catch {
      return false
    }
  }
  const put = (target: object, name: Key, value: unknown): void => {
    defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true })
  }
  const putHidden = (target: object, name: Key, value: unknown): void => {
    defineProperty(target, name, { value, writable: true, enumerable: false, configurable: true })
  }

  const cloneError = (error: Error, copyOf: (value: unknown) => unknown, seen: Map<object, unknown>): Error => {
    const { name } = error
    const Kind = ERRORS.get(name) ?? Error
    const own = getOwnPropertyDescriptor(error, 'message')
    const copy = own !== undefined && 'value' in own ? new Kind(String(own.value)) : new Kind()
    seen.set(error, copy)
    putHidden(copy, 'stack', String(error.stack ?? ''))
    if (Object.hasOwn(error, 'cause')) putHidden(copy, 'cause', copyOf(error.cause))
    return copy
  }

  const cloneView = (view: ArrayBufferView, copyOf: (value: unknown) => unknown): object => {
    const buffer = copyOf(view.buffer) as ArrayBuffer
    const kind = typeOf(view) as string | undefined
    if (kind === undefined) return new DataView(buffer, view.byteOffset, view.byteLength)
    const { length } = view as Uint8Array
    const Kind = (globalThis as unknown as Record<string, Uint8ArrayConstructor>)[kind] as Uint8ArrayConstructor
    return new Kind(buffer, view.byteOffset, length)
  }

  const boxed = (value: object): object | undefined => {
    const type = apply(brand, value, [])
    try {
      if (type === '[object Boolean]') return Object(apply(Boolean.prototype.valueOf, value, [])) as object
      if (type === '[object Number]') return Object(apply(Number.prototype.valueOf, value, [])) as object
      if (type === '[object String]') return Object(apply(String.prototype.valueOf, value, [])) as object
      if (type === '[object BigInt]') return Object(apply(BigInt.prototype.valueOf, value, [])) as object
    } catch {
      return undefined
    }
    return undefined
  }

  const structuredClone = (...list: [value?: unknown, options?: { transfer?: Iterable<unknown> }]): unknown => {
    if (list.length === 0) throw new TypeError('The "value" argument must be specified')
    const [value, options] = list
    const seen = new Map<object, unknown>()
    const moved = new Set(options?.transfer ?? [])
    const copyOf = (item: unknown): unknown => {
      if (typeof item === 'function' || typeof item === 'symbol') return refuse(item)
      if (typeof item !== 'object' || item === null) return item
      if (seen.has(item)) return seen.get(item)
      const above = getPrototypeOf(item) as unknown
      // Most are plain: no look inside for them.
      if (above === Object.prototype || above === null || isArray(item)) return copyPlain(item)
      const made = copyKnown(item)
      if (made !== undefined) {
        seen.set(item, made)
        return made
      }
      if (is(mapSize, item)) {
        const copy = new Map<unknown, unknown>()
        seen.set(item, copy)
        // As they are now: what a getter among them does comes too late.
        const entries = [...(item as Map<unknown, unknown>)]
        for (const [key, content] of entries) copy.set(copyOf(key), copyOf(content))
        return copy
      }
      if (is(setSize, item)) {
        const copy = new Set<unknown>()
        seen.set(item, copy)
        const contents = [...(item as Set<unknown>)]
        for (const content of contents) copy.add(copyOf(content))
        return copy
      }
      if (item instanceof Error) return cloneError(item, copyOf, seen)
      if (item instanceof Promise || item instanceof WeakMap || item instanceof WeakSet) return refuse(item)
      return copyPlain(item)
    }
    const copyPlain = (item: object): object => {
      const copy: object = isArray(item) ? [] : {}
      if (isArray(copy)) copy.length = (item as unknown[]).length
      seen.set(item, copy)
      for (const name of ownKeys(item)) {
        if (typeof name === 'symbol' || getOwnPropertyDescriptor(item, name)?.enumerable !== true) continue
        put(copy, name, copyOf((item as Record<string, unknown>)[name]))
      }
      return copy
    }
    const copyKnown = (item: object): object | undefined => {
      if (is((self) => apply(dateTime, self, []), item)) return new Date(apply(dateTime, item, []))
      if (item !== RegExp.prototype && is(regExpSource, item))
        return new RegExp((item as RegExp).source, (item as RegExp).flags)
      if (is(bufferSize, item)) {
        const buffer = item as ArrayBuffer & { transfer?(): ArrayBuffer }
        return moved.has(item) && buffer.transfer !== undefined ? buffer.transfer() : buffer.slice(0)
      }
      if (typeOf(item) !== undefined || is(viewBuffer, item)) return cloneView(item as ArrayBufferView, copyOf)
      return boxed(item)
    }
    return copyOf(value)
  }
  return { structuredClone }
}
