import { createRequire } from 'node:module'
import {
  type Engine,
  EngineFailure,
  type EngineHost,
  GC_THRESHOLD_BYTES,
  type LazyText,
  MAX_HEADROOM_BYTES,
  MIN_HEADROOM_BYTES,
  type Primed,
  type Priming,
  STACK_BYTES,
} from './engine.ts'
import { GuestHeap, type HeapExports, type HeapLayout, readLayout } from './guest-heap.ts'
import { HeapJson } from './heap-json.ts'

/**
 * Drives `quickjs.wasm` through its own functions, which `quickjs-wasi` calls internal: so all state of a guest is its
 * linear memory and its stack pointer, and a guest is clean again once both are copied back.
 * The only file that depends on those internals; `engine-choice.ts` proves them at start, `engine-restore.ts` is the way out.
 */
export async function primeInPlace(module: WebAssembly.Module, priming: Priming): Promise<Primed> {
  const instance = new QuickJsInstance(module)
  const entry = instance.prime(priming, new QuickJsInstance(module).compile(`(${priming.glue})`, 'glue.js'))
  const exports = instance.exports
  exports.qjs_set_gc_threshold(GC_THRESHOLD_BYTES)
  const image = new InPlaceImage(module, instance, entry, priming.operations)
  return { start: async (host) => new InPlaceEngine(image, host) }
}

/** The functions of `quickjs.wasm` 3.6.2 in use; `box` is a pointer to a value, owned by whoever got it. */
interface QuickJsExports extends HeapExports {
  readonly __stack_pointer: WebAssembly.Global
  _initialize(): void
  wasm_malloc(bytes: number): number
  wasm_free(pointer: number): void
  qjs_init(): number
  qjs_eval(code: number, bytes: number, file: number, flags: number): number
  qjs_compile(code: number, bytes: number, file: number, flags: number, strip: number, length: number): number
  qjs_eval_bytecode(code: number, bytes: number): number
  qjs_call(fn: number, self: number, count: number, list: number): number
  qjs_new_host_function(name: number, bytes: number, length: number): number
  qjs_new_string(text: number, bytes: number): number
  qjs_new_number(value: number): number
  qjs_get_undefined(): number
  qjs_get_float64(box: number): number
  qjs_get_string_len(box: number, bytes: number): number
  qjs_free_cstring(text: number): void
  qjs_is_exception(box: number): number
  qjs_is_job_pending(): number
  qjs_execute_pending_job(): number
  qjs_set_gc_threshold(bytes: number): void
  qjs_set_memory_limit(bytes: number): void
  qjs_set_max_stack_size(bytes: number): void
  qjs_set_interrupt_handler(on: number): void
  qjs_set_promise_rejection_handler(on: number): void
}

interface Part {
  readonly start: number
  readonly bytes: Uint8Array
}

interface Range {
  readonly start: number
  readonly end: number
}

interface Snapshot {
  /** What is not zero. */
  readonly parts: readonly Part[]
  /** All else that the engine can reach. */
  readonly zeros: readonly Range[]
  readonly totalBytes: number
  readonly stackPointer: number
  readonly entry: number
}

const PAGE_BYTES = 16_384
/** Where the stack begins; it grows down. What the engine does after it has looked how much is left needs some kilobytes. */
const STACK_TOP = STACK_BYTES + 65_536
const STRICT = 8
const BACKTRACE_BARRIER = 64
const STRIP_SOURCE = 16
const STRIP_DEBUG = 32
const encoder = new TextEncoder()
const NOTHING: EngineHost = { call: () => 0, interrupt: () => false, now: () => Date.now() }
const NodeBuffer = (createRequire(import.meta.url)('node:buffer') as typeof import('node:buffer')).Buffer

class QuickJsInstance {
  readonly exports: QuickJsExports
  /** Where the engine's own data begin. */
  readonly dataStart: number
  host: EngineHost = NOTHING
  /** Told of a promise that was rejected with nobody to handle it (0), or is handled now (1); owns the box. */
  rejected: ((box: number, isHandled: number) => void) | undefined
  private view: DataView
  private bytes: Buffer

  constructor(module: WebAssembly.Module) {
    const instance = new WebAssembly.Instance(module, this.imports())
    this.exports = instance.exports as unknown as QuickJsExports
    const { __stack_pointer: stackPointer } = this.exports
    // The stack has the first megabyte, below all data. At the bottom of it, it cannot outgrow what is made clean: it
    // would leave the memory, which ends the program.
    this.dataStart = stackPointer.value as number
    if (this.dataStart < STACK_TOP) throw new Error('the stack of the JavaScript engine is smaller than expected')
    stackPointer.value = STACK_TOP
    this.view = new DataView(this.exports.memory.buffer)
    this.bytes = NodeBuffer.from(this.exports.memory.buffer)
  }

  /** Evaluates the glue; answers the box of the guest's entry. */
  prime(priming: Priming, bytecode: Uint8Array): number {
    const { exports } = this
    this.initialize()
    const name = this.write('host')
    const host = exports.qjs_new_host_function(name.pointer, name.bytes, 0)
    exports.wasm_free(name.pointer)
    const glue = this.expectValue(this.evalBytecode(bytecode))
    const spec = this.newString(priming.spec)
    const entry = this.expectValue(this.call(glue, [host, spec]))
    for (const box of [glue, host, spec]) exports.qjs_free_value(box)
    for (const { name: moduleName, file, script } of priming.modules) {
      const box = this.eval(script, file)
      const failed = exports.qjs_is_exception(box) !== 0
      const { module, broken } = priming.operations
      this.enter(entry, failed ? broken : module, 0, moduleName, failed ? exports.qjs_get_exception() : box)
    }
    exports.qjs_set_interrupt_handler(1)
    exports.qjs_set_promise_rejection_handler(1)
    return entry
  }

  /** Bytecode without its source, which every function would keep: what is primed is copied before each program. */
  compile(script: string, file: string): Uint8Array {
    const { exports } = this
    this.initialize()
    const code = this.write(script)
    const name = this.write(file)
    const length = this.allocate(4)
    const pointer = exports.qjs_compile(
      code.pointer,
      code.bytes,
      name.pointer,
      STRICT,
      STRIP_SOURCE | STRIP_DEBUG,
      length,
    )
    if (pointer === 0) throw new Error('the glue of the sandbox does not compile')
    const bytes = this.refresh()
    return bytes.slice(pointer, pointer + this.view.getUint32(length, true))
  }

  private initialize(): void {
    const { exports } = this
    exports._initialize()
    if (exports.qjs_init() !== 0) throw new Error('the JavaScript engine of the sandbox did not start')
    exports.qjs_set_max_stack_size(STACK_BYTES)
  }

  private evalBytecode(bytecode: Uint8Array): number {
    const pointer = this.allocate(bytecode.length)
    this.refresh().set(bytecode, pointer)
    const box = this.exports.qjs_eval_bytecode(pointer, bytecode.length)
    this.exports.wasm_free(pointer)
    return box
  }

  /** Calls the entry with a value that it then owns. */
  enter(entry: number, operation: number, number: number, text: string, value: number): void {
    const { exports } = this
    const list = [exports.qjs_new_number(operation), exports.qjs_new_number(number), this.newString(text), value]
    const result = this.call(entry, list)
    for (const box of list) exports.qjs_free_value(box)
    exports.qjs_free_value(result)
  }

  eval(script: string, file: string): number {
    const { exports } = this
    const code = this.write(script)
    const name = this.write(file)
    const box = exports.qjs_eval(code.pointer, code.bytes, name.pointer, STRICT | BACKTRACE_BARRIER)
    exports.wasm_free(code.pointer)
    exports.wasm_free(name.pointer)
    return box
  }

  newString(value: string): number {
    const { pointer, bytes } = this.write(value)
    const box = this.exports.qjs_new_string(pointer, bytes)
    this.exports.wasm_free(pointer)
    return box
  }

  /** The value of JSON text, which never becomes a string of the guest; undefined where the parser throws. */
  newJson(json: string, reader: HeapJson | undefined): number | undefined {
    const { exports } = this
    const { pointer, bytes } = this.write(json)
    // Its file has no name: the text's own closing zero.
    const value =
      reader?.parse(pointer, bytes) ??
      exports.JS_ParseJSON(exports.qjs_get_context_ptr(), pointer, bytes, pointer + bytes)
    exports.wasm_free(pointer)
    const box = exports.qjs_new_number(0)
    if (box === 0) throw new EngineFailure('out of memory')
    this.refresh()
    this.view.setBigInt64(box, value, true)
    if (exports.qjs_is_exception(box) === 0) return box
    exports.qjs_free_value(box)
    exports.qjs_free_value(exports.qjs_get_exception())
    return undefined
  }

  /** After memory was replaced or grown. */
  refresh(): Uint8Array {
    const { buffer } = this.exports.memory
    if (this.view.buffer !== buffer) {
      this.view = new DataView(buffer)
      this.bytes = NodeBuffer.from(buffer)
    }
    return this.bytes
  }

  private call(fn: number, list: readonly number[]): number {
    const { exports } = this
    const self = exports.qjs_get_undefined()
    const pointer = this.allocate(list.length * 4)
    this.refresh()
    for (let i = 0; i < list.length; i++) this.view.setUint32(pointer + i * 4, list[i] as number, true)
    const result = exports.qjs_call(fn, self, list.length, pointer)
    exports.wasm_free(pointer)
    exports.qjs_free_value(self)
    return result
  }

  private expectValue(box: number): number {
    if (this.exports.qjs_is_exception(box) === 0) return box
    const message = this.readBox(this.exports.qjs_get_exception())
    throw new Error(`the sandbox could not be primed: ${message}`)
  }

  private readBox(box: number): string {
    const length = this.allocate(4)
    const pointer = this.exports.qjs_get_string_len(box, length)
    this.refresh()
    const text = this.bytes.toString('utf8', pointer, pointer + this.view.getUint32(length, true))
    this.exports.qjs_free_cstring(pointer)
    this.exports.wasm_free(length)
    return text
  }

  /** Text as UTF-8 with a closing zero byte, which the engine's parser wants. */
  private write(value: string): { pointer: number; bytes: number } {
    if (value.length < 4_096) {
      const pointer = this.allocate(value.length * 3 + 1)
      const bytes = this.refresh().subarray(pointer)
      const { written } = encoder.encodeInto(value, bytes)
      bytes[written] = 0
      return { pointer, bytes: written }
    }
    const length = NodeBuffer.byteLength(value)
    const pointer = this.allocate(length + 1)
    this.refresh()
    const written = this.bytes.write(value, pointer, 'utf8')
    this.bytes[pointer + written] = 0
    return { pointer, bytes: written }
  }

  private allocate(bytes: number): number {
    const pointer = this.exports.wasm_malloc(bytes)
    if (pointer === 0) throw new EngineFailure('out of memory')
    return pointer
  }

  /** Guest → host: `host(operation, id, index, text)`. The boxes of the list belong to the engine. */
  private handleCall(count: number, list: number): number {
    if (count !== 4) return 0
    const { exports } = this
    this.refresh()
    const at = (i: number): number => this.view.getUint32(list + i * 4, true)
    const text = at(3)
    const operation = exports.qjs_get_float64(at(0))
    const id = exports.qjs_get_float64(at(1))
    const index = exports.qjs_get_float64(at(2))
    const length = this.allocate(4)
    const pointer = exports.qjs_get_string_len(text, length)
    if (pointer === 0) throw new EngineFailure('out of memory')
    this.refresh()
    const bytes = this.view.getUint32(length, true)
    exports.wasm_free(length)
    const lazy: LazyText = { bytes, read: () => this.bytes.toString('utf8', pointer, pointer + bytes) }
    const answer = this.host.call(operation, id, index, lazy)
    exports.qjs_free_cstring(pointer)
    return typeof answer === 'number' ? exports.qjs_new_number(answer) : this.newString(answer)
  }

  private imports(): WebAssembly.Imports {
    const none = (): number => 0
    const unsupported = (): number => 52
    return {
      env: {
        host_call: (_name: number, _bytes: number, _self: number, count: number, list: number) =>
          this.handleCall(count, list),
        host_interrupt: () => (this.host.interrupt() ? 1 : 0),
        host_promise_rejection: (promise: number, reason: number, isHandled: number) => {
          this.exports.qjs_free_value(reason)
          if (this.rejected === undefined) this.exports.qjs_free_value(promise)
          else this.rejected(promise, isHandled)
        },
        host_module_normalize: none,
        host_module_load: none,
        host_get_timezone_offset: none,
      },
      wasi_snapshot_preview1: {
        clock_time_get: (_clock: number, _precision: bigint, result: number) => {
          this.refresh()
          this.view.setBigUint64(result, BigInt(Math.trunc(this.host.now())) * 1_000_000n, true)
          return 0
        },
        random_get: (pointer: number, bytes: number) => {
          crypto.getRandomValues(this.refresh().subarray(pointer, pointer + bytes))
          return 0
        },
        fd_write: unsupported,
        fd_close: unsupported,
        fd_fdstat_get: unsupported,
        fd_seek: unsupported,
      },
    }
  }
}

/** The primed memory, with as much room as the programs so far have needed. */
class InPlaceImage {
  snapshot: Snapshot
  readonly operations: Priming['operations']
  readonly layout: HeapLayout | undefined
  private readonly module: WebAssembly.Module
  private readonly entry: number
  private headroom = MIN_HEADROOM_BYTES

  constructor(module: WebAssembly.Module, primed: QuickJsInstance, entry: number, operations: Priming['operations']) {
    this.module = module
    this.entry = entry
    this.operations = operations
    this.layout = readLayout(primed.exports)
    this.snapshot = this.take(primed)
  }

  /** An instance with the memory of the snapshot. */
  instantiate(): QuickJsInstance {
    const instance = new QuickJsInstance(this.module)
    const { memory } = instance.exports
    const missing = this.snapshot.totalBytes - memory.buffer.byteLength
    if (missing > 0) memory.grow(Math.ceil(missing / 65_536))
    return instance
  }

  /** Makes room for programs that need so much more, unless that is more than is kept for any. */
  widen(missingBytes: number): void {
    const wanted = this.headroom + missingBytes
    if (wanted > MAX_HEADROOM_BYTES) return
    while (this.headroom < wanted) this.headroom *= 2
    const instance = this.instantiate()
    restore(instance, this.snapshot)
    this.snapshot = this.take(instance)
  }

  private take(instance: QuickJsInstance): Snapshot {
    const { exports } = instance
    exports.wasm_free(exports.wasm_malloc(this.headroom))
    const memory = instance.refresh()
    const stackPointer = exports.__stack_pointer.value as number
    const { parts, zeros } = takeApart(memory, [
      // Nothing is at work: what lies below the stack pointer is of no use to anybody.
      { start: stackPointer, end: STACK_TOP },
      { start: instance.dataStart, end: memory.length },
    ])
    return {
      parts,
      zeros: [{ start: 0, end: stackPointer }, ...zeros],
      totalBytes: memory.length,
      stackPointer,
      entry: this.entry,
    }
  }
}

class InPlaceEngine implements Engine {
  private readonly image: InPlaceImage
  private readonly instance: QuickJsInstance
  private readonly snapshot: Snapshot
  private json: HeapJson | undefined
  private isPaused = false

  constructor(image: InPlaceImage, host: EngineHost) {
    this.image = image
    this.snapshot = image.snapshot
    this.instance = image.instantiate()
    this.instance.host = host
    const { entry } = this.snapshot
    const { rejection } = image.operations
    this.instance.rejected = (box, isHandled) => this.instance.enter(entry, rejection, isHandled, '', box)
  }

  get memoryBytes(): number {
    return this.instance.exports.memory.buffer.byteLength
  }

  reset(memoryLimitBytes: number): boolean {
    const { snapshot, instance, image } = this
    const grownBytes = this.memoryBytes - snapshot.totalBytes
    if (grownBytes > 0 && snapshot === image.snapshot) image.widen(grownBytes)
    if (grownBytes > 0) return false
    restore(instance, snapshot)
    instance.exports.qjs_set_memory_limit(memoryLimitBytes)
    this.json?.forget()
    return true
  }

  evaluate(
    script: string,
    file: string,
    enter: { operation: number; number: number; text: string },
    thrown: number,
  ): void {
    guard(() => {
      const { instance, snapshot } = this
      const box = instance.eval(script, file)
      if (instance.exports.qjs_is_exception(box) === 0) {
        instance.enter(snapshot.entry, enter.operation, enter.number, enter.text, box)
      } else instance.enter(snapshot.entry, thrown, 0, '', instance.exports.qjs_get_exception())
    })
  }

  enter(operation: number, number: number, text: string, value?: string): void {
    guard(() => {
      const { instance, snapshot } = this
      const box = value === undefined ? instance.exports.qjs_get_undefined() : instance.newString(value)
      instance.enter(snapshot.entry, operation, number, text, box)
    })
  }

  enterJson(number: number, json: string): void {
    guard(() => {
      const { instance, snapshot } = this
      const { operations, layout } = this.image
      if (layout !== undefined) this.json ??= new HeapJson(new GuestHeap(instance.exports, layout))
      const box = json === '' ? undefined : instance.newJson(json, this.json)
      if (box === undefined) this.enter(operations.json, number, json)
      else instance.enter(snapshot.entry, operations.value, number, String(json.length), box)
    })
  }

  pauseJobs(): boolean {
    this.isPaused = true
    return true
  }

  runJobs(count: number): boolean {
    const { exports } = this.instance
    this.isPaused = false
    return guard(() => {
      for (let i = 0; i < count && !this.isPaused; i++) {
        if (exports.qjs_is_job_pending() === 0) return false
        if (exports.qjs_execute_pending_job() < 0) exports.qjs_free_value(exports.qjs_get_exception())
      }
      return exports.qjs_is_job_pending() !== 0
    })
  }
}

function restore(instance: QuickJsInstance, { parts, zeros, stackPointer }: Snapshot): void {
  const bytes = instance.refresh()
  for (const { start, end } of zeros) bytes.fill(0, start, end)
  for (const part of parts) bytes.set(part.bytes, part.start)
  instance.exports.__stack_pointer.value = stackPointer
}

function guard<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw error instanceof EngineFailure ? error : new EngineFailure(error)
  }
}

/** Pages that are not zero, and those that are: most of a fresh memory is headroom, and zeroing is twice as fast as copying. */
function takeApart(memory: Uint8Array, ranges: readonly Range[]): Pick<Snapshot, 'parts' | 'zeros'> {
  const parts: Part[] = []
  const zeros: Range[] = []
  for (const range of ranges) {
    for (let start = range.start; start < range.end;) {
      const isZero = isZeroPage(memory, start, range.end)
      let end = start
      while (end < range.end && isZeroPage(memory, end, range.end) === isZero)
        end = Math.min(end + PAGE_BYTES, range.end)
      if (isZero) zeros.push({ start, end })
      else parts.push({ start, bytes: memory.slice(start, end) })
      start = end
    }
  }
  return { parts, zeros }
}

function isZeroPage(memory: Uint8Array, start: number, end: number): boolean {
  return memory.subarray(start, Math.min(start + PAGE_BYTES, end)).every((byte) => byte === 0)
}
