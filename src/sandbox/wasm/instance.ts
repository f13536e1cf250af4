import { EvalFlags, Intrinsics, JSException, JSValueHandle, QuickJS, type QuickJSOptions, type Snapshot } from 'quickjs-wasi'

/**
 * The one file that reaches into `quickjs-wasi` 3.6.2: the in-place reset writes a snapshot back over linear memory.
 * The engine's whole state is its linear memory and its stack pointer, plus handle tables on this side; a canary test
 * holds that. Without these internals `revive` makes a new instance by the package's own `restore`.
 */
interface Internals {
  readonly exports: {
    readonly memory: WebAssembly.Memory
    readonly __stack_pointer: WebAssembly.Global
    qjs_is_job_pending(): number
    qjs_execute_pending_job(): number
    qjs_set_memory_limit(bytes: number): void
    wasm_malloc(bytes: number): number
    wasm_free(pointer: number): void
  }
  readonly _ownedHandles: Set<unknown>
  _activeScope: unknown
  callFunctionRaw(target: JSValueHandle, self: JSValueHandle, ...values: readonly JSValueHandle[]): JSValueHandle
  // Handles the package makes once and keeps: boxes inside guest memory, so they must be older than the image.
  _global: JSValueHandle | null
  _undefined: JSValueHandle | null
  _true: JSValueHandle | null
  _false: JSValueHandle | null
}

/** What the guest's glue tells the host. */
export interface GuestEvents {
  /** Host call `id` of function number `index` with JSON text. */
  call(id: number, index: number, argument: string): void
  /** The end: `ok` with JSON text, or `error` with the JSON of the error. */
  done(ok: boolean, text: string): void
  log(line: string): void
}

export interface InstanceOptions {
  readonly module: WebAssembly.Module
  /** Asked every few thousand instructions; true stops the guest. */
  readonly interrupt: () => boolean
}

/** Addresses inside the guest; valid in every copy of the image they were taken from. */
export interface Entry {
  readonly start: number
  readonly deliver: number
  readonly global: number
  readonly undefined: number
  readonly true: number
  readonly false: number
}

/** A primed memory, to be written back before each program. */
export interface MemoryImage {
  readonly snapshot: Snapshot
  /** The snapshot without its trailing zeros. */
  readonly used: Uint8Array
  readonly entry: Entry
}

const MAX_STACK_BYTES = 256 * 1024
/** Room for the program beyond the image, so that few programs grow the memory (a grown memory is thrown away). */
const HEADROOM_BYTES = 1536 * 1024
const JOBS_BETWEEN_CHECKS = 64
// `eval` needs the intrinsic; SharedArrayBuffer, Atomics and the rest are deleted by the glue.
const INTRINSICS = Intrinsics.ALL & ~(Intrinsics.PERFORMANCE | Intrinsics.WEAK_REF | Intrinsics.DOM_EXCEPTION)

/** One engine with its own bounded memory. Not reusable after an exception from WebAssembly itself. */
export class Instance {
  readonly #vm: QuickJS
  readonly #internals: Internals
  #events: GuestEvents | undefined

  private constructor(vm: QuickJS) {
    this.#vm = vm
    this.#internals = vm as unknown as Internals
  }

  /** A fresh engine, with the host functions the glue takes; not yet primed. */
  static async create(options: InstanceOptions): Promise<Instance> {
    const instance = new Instance(await QuickJS.create(engineOptions(options)))
    instance.#offer()
    return instance
  }

  /** A new engine in the state of an image. */
  static async revive(image: MemoryImage, options: InstanceOptions): Promise<Instance> {
    const instance = new Instance(await QuickJS.restore(image.snapshot, engineOptions(options)))
    for (const [name, callback] of instance.#callbacks()) instance.#vm.registerHostCallback(name, callback)
    instance.#adopt(image.entry)
    return instance
  }

  /** Runs source once, for priming; answers the value as text. Throws what the source throws. */
  evaluate(source: string, name: string): string {
    const value = this.#vm.evalCode(source, name, EvalFlags.TYPE_GLOBAL)
    const text = value.toString()
    value.dispose()
    return text
  }

  /** Compiles a function under its own name, so that stack traces tell it, and appends it to `__factories`. */
  pushFactory(source: string, name: string): void {
    const factory = this.compile(source, name)
    const factories = this.#vm.global.getProp('__factories')
    this.#vm.setProp(factories, String(factories.length), factory)
    factory.dispose()
    factories.dispose()
  }

  /** Takes the image of a primed engine; `__start` and `__deliver` must be global, and are gone afterwards. */
  takeImage(): MemoryImage {
    const vm = this.#vm
    const entry: Entry = {
      start: addressOf(vm.global.getProp('__start')),
      deliver: addressOf(vm.global.getProp('__deliver')),
      global: addressOf(vm.global),
      undefined: addressOf(vm.undefined),
      true: addressOf(vm.true),
      false: addressOf(vm.false),
    }
    vm.evalCode('delete globalThis.__start; delete globalThis.__deliver', 'image').dispose()
    vm.runGC()
    this.#growHeap(HEADROOM_BYTES)
    const snapshot = vm.snapshot()
    return { snapshot, used: withoutTrailingZeros(snapshot.memory), entry }
  }

  /** Writes the image back over the memory; false when the memory has grown and the engine must be thrown away. */
  reset(image: MemoryImage): boolean {
    const { exports, _ownedHandles } = this.#internals
    const bytes = new Uint8Array(exports.memory.buffer)
    if (bytes.length !== image.snapshot.memory.length) return false
    bytes.set(image.used)
    bytes.fill(0, image.used.length)
    exports.__stack_pointer.value = image.snapshot.stackPointer
    _ownedHandles.clear()
    this.#internals._activeScope = null
    return true
  }

  get memoryBytes(): number {
    return this.#internals.exports.memory.buffer.byteLength
  }

  setMemoryLimit(bytes: number): void {
    this.#internals.exports.qjs_set_memory_limit(bytes)
  }

  listen(events: GuestEvents | undefined): void {
    this.#events = events
  }

  /** Compiles a program: the value of `source` is a function. Throws {@link GuestException} for what does not parse. */
  compile(source: string, name: string): JSValueHandle {
    try {
      return this.#vm.evalCode(source, name, EvalFlags.TYPE_GLOBAL | EvalFlags.STRICT)
    } catch (thrown) {
      throw toGuestException(thrown)
    }
  }

  /** Calls a function of the image with texts, numbers, booleans and handles; handles are consumed. */
  call(pointer: number, ...values: readonly (string | number | boolean | JSValueHandle)[]): void {
    const vm = this.#vm
    const handles = values.map((value) => this.#toHandle(value))
    const target = new JSValueHandle(vm, pointer, true)
    const result = this.#internals.callFunctionRaw(target, vm.undefined, ...handles)
    for (const handle of handles) handle.dispose()
    result.dispose()
  }

  /** Runs promise jobs until none is left or `stop` says so (asked every few jobs). True: none is left. */
  runJobs(stop: () => boolean): boolean {
    const { exports } = this.#internals
    for (let count = 0; exports.qjs_is_job_pending() !== 0; count++) {
      if (count % JOBS_BETWEEN_CHECKS === JOBS_BETWEEN_CHECKS - 1 && stop()) return false
      // A job that throws is the guest's own affair, unless it was interrupted: `stop` knows.
      if (exports.qjs_execute_pending_job() < 0) {
        this.#vm.getException().dispose()
        if (stop()) return false
      }
    }
    return true
  }

  #toHandle(value: string | number | boolean | JSValueHandle): JSValueHandle {
    if (typeof value === 'string') return this.#vm.newString(value)
    if (typeof value === 'number') return this.#vm.newNumber(value)
    if (typeof value === 'boolean') return value ? this.#vm.true : this.#vm.false
    return value
  }

  /** The engine's allocator keeps what it was given once; pages grown behind its back would stay unused. */
  #growHeap(bytes: number): void {
    const { exports } = this.#internals
    exports.wasm_free(exports.wasm_malloc(bytes))
  }

  #adopt(entry: Entry): void {
    const internals = this.#internals
    internals._global = new JSValueHandle(this.#vm, entry.global, true)
    internals._undefined = new JSValueHandle(this.#vm, entry.undefined, true)
    internals._true = new JSValueHandle(this.#vm, entry.true, true)
    internals._false = new JSValueHandle(this.#vm, entry.false, true)
  }

  #offer(): void {
    for (const [name, callback] of this.#callbacks()) {
      const handle = this.#vm.newFunction(name, callback)
      this.#vm.setProp(this.#vm.global, name, handle)
      handle.dispose()
    }
  }

  #callbacks(): [string, (...args: JSValueHandle[]) => JSValueHandle][] {
    return [
      ['__call', (id, index, text) => this.#tell(() => this.#events?.call(toNumber(id), toNumber(index), toText(text)))],
      ['__done', (ok, text) => this.#tell(() => this.#events?.done(ok?.toBoolean() ?? false, toText(text)))],
      ['__log', (line) => this.#tell(() => this.#events?.log(toText(line)))],
    ]
  }

  #tell(event: () => void): JSValueHandle {
    event()
    return this.#vm.undefined
  }
}

function toNumber(handle: JSValueHandle | undefined): number {
  return handle?.isNumber === true ? handle.toNumber() : 0
}

/** Only texts the glue made arrive here; anything else would run guest code while being converted. */
function toText(handle: JSValueHandle | undefined): string {
  return handle?.isString === true ? handle.toString() : ''
}

/** What the guest threw while it was compiled or primed. */
export class GuestException extends Error {
  override readonly name = 'GuestException'
  readonly guestName: string
  readonly guestStack: string

  constructor(name: string, message: string, stack: string) {
    super(message)
    this.guestName = name
    this.guestStack = stack
  }
}

function toGuestException(thrown: unknown): unknown {
  if (!(thrown instanceof JSException)) return thrown
  const { name, message, stack } = thrown
  thrown.dispose()
  return new GuestException(name, message, stack ?? '')
}

function engineOptions({ module, interrupt }: InstanceOptions): QuickJSOptions {
  return {
    wasm: module,
    maxStackSize: MAX_STACK_BYTES,
    intrinsics: INTRINSICS,
    interruptHandler: interrupt,
    // The host's time zone is nobody's business.
    timezoneOffset: 0,
    // The engine's own log would land on the gateway's protocol stream.
    wasi: () => ({ fd_write: () => 8 }),
  }
}

function addressOf(handle: JSValueHandle): number {
  return handle.ptr
}

function withoutTrailingZeros(bytes: Uint8Array): Uint8Array {
  const words = new BigUint64Array(bytes.buffer, bytes.byteOffset, Math.floor(bytes.length / 8))
  let last = words.length
  while (last > 0 && words[last - 1] === 0n) last--
  return bytes.slice(0, Math.min(bytes.length, (last + 1) * 8))
}
