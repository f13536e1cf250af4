import { JSException, type JSValueHandle, QuickJS, type Snapshot } from 'quickjs-wasi'
import {
  type Engine,
  EngineFailure,
  type EngineHost,
  GC_THRESHOLD_BYTES,
  type LazyText,
  type Primed,
  type Priming,
  STACK_BYTES,
} from './engine.ts'

const STRICT = 8
const BACKTRACE_BARRIER = 64
/** Room that a restored engine has before its memory must grow. */
const HEADROOM_BYTES = 2 * 1024 * 1024

/**
 * The same guest by the public functions of `quickjs-wasi` alone: each program gets a new instance, restored from the
 * snapshot. About ten times slower to clean than the in-place reset; used where that does not prove itself.
 */
export async function primeByRestore(module: WebAssembly.Module, priming: Priming): Promise<Primed> {
  const vm = await QuickJS.create({ wasm: module, maxStackSize: STACK_BYTES })
  const hostFunction = vm.newFunction('host', () => vm.undefined)
  const glue = vm.evalCode(`(${priming.glue})`, 'glue.js', STRICT)
  const entry = vm.callFunction(glue, vm.undefined, hostFunction, vm.newString(priming.spec))
  for (const { name, file, script } of priming.modules) {
    const { module: ok, broken } = priming.operations
    evaluate(vm, script, file, (value, failed) => enter(vm, entry, failed ? broken : ok, 0, name, value))
  }
  vm.gcThreshold = GC_THRESHOLD_BYTES
  vm.newArrayBuffer(new Uint8Array(HEADROOM_BYTES)).dispose()
  const token = vm.exportHandle(entry)
  const snapshot = vm.snapshot()
  vm.dispose()
  const { operations } = priming
  return { start: async (host) => new RestoredEngine(module, snapshot, token, operations, host) }
}

class RestoredEngine implements Engine {
  private readonly module: WebAssembly.Module
  private readonly snapshot: Snapshot
  private readonly token: number
  private readonly operations: Priming['operations']
  private readonly host: EngineHost
  private vm: QuickJS | undefined
  private entry: JSValueHandle | undefined

  constructor(
    module: WebAssembly.Module,
    snapshot: Snapshot,
    token: number,
    operations: Priming['operations'],
    host: EngineHost,
  ) {
    this.module = module
    this.snapshot = snapshot
    this.token = token
    this.operations = operations
    this.host = host
  }

  get memoryBytes(): number {
    return this.snapshot.memory.byteLength
  }

  async reset(memoryLimitBytes: number): Promise<boolean> {
    const vm = await QuickJS.restore(this.snapshot, {
      wasm: this.module,
      memoryLimit: memoryLimitBytes,
      maxStackSize: STACK_BYTES,
      interruptHandler: () => this.host.interrupt(),
      timezoneOffset: 0,
      onUnhandledRejection: (promise: JSValueHandle, _reason: JSValueHandle, isHandled: boolean) =>
        this.use((guest, entry) => enter(guest, entry, this.operations.rejection, isHandled ? 1 : 0, '', promise)),
      wasi: (memory: WebAssembly.Memory) => ({
        fd_write: () => 52,
        clock_time_get: (_clock: number, _precision: bigint, result: number) => {
          new DataView(memory.buffer).setBigUint64(result, BigInt(Math.trunc(this.host.now())) * 1_000_000n, true)
          return 0
        },
      }),
    })
    vm.registerHostCallback('host', (...list) => {
      const [operation, id, index, text] = list
      if (operation === undefined || id === undefined || index === undefined || text === undefined) return vm.undefined
      const answer = this.host.call(operation.toNumber(), id.toNumber(), index.toNumber(), lazyText(text))
      return typeof answer === 'number' ? vm.newNumber(answer) : vm.newString(answer)
    })
    this.vm?.dispose()
    this.vm = vm
    this.entry = vm.importHandle(this.token)
    return true
  }

  evaluate(
    script: string,
    file: string,
    target: { operation: number; number: number; text: string },
    thrown: number,
  ): void {
    this.use((vm, entry) =>
      evaluate(vm, script, file, (value, failed) => {
        if (failed) enter(vm, entry, thrown, 0, '', value)
        else enter(vm, entry, target.operation, target.number, target.text, value)
      }),
    )
  }

  enter(operation: number, number: number, text: string, value?: string): void {
    this.use((vm, entry) =>
      enter(vm, entry, operation, number, text, value === undefined ? vm.undefined : vm.newString(value)),
    )
  }

  enterJson(number: number, json: string): void {
    this.enter(this.operations.json, number, json)
  }

  pauseJobs(): boolean {
    return false
  }

  runJobs(): boolean {
    this.use((vm) => {
      try {
        vm.executePendingJobs()
      } catch (error) {
        // A job throws only what cannot be caught inside: it was interrupted, which the host knows.
        if (!(error instanceof Error && error.message.startsWith('Job execution error'))) throw error
      }
    })
    return false
  }

  private use<T>(work: (vm: QuickJS, entry: JSValueHandle) => T): T {
    if (this.vm === undefined || this.entry === undefined) throw new EngineFailure('the engine was not reset')
    try {
      return work(this.vm, this.entry)
    } catch (error) {
      throw error instanceof EngineFailure ? error : new EngineFailure(error)
    }
  }
}

function lazyText(handle: JSValueHandle): LazyText {
  const text = handle.toString()
  return { bytes: new TextEncoder().encode(text).length, read: () => text }
}

function evaluate(
  vm: QuickJS,
  script: string,
  file: string,
  use: (value: JSValueHandle, failed: boolean) => void,
): void {
  let value: JSValueHandle
  try {
    value = vm.evalCode(script, file, STRICT | BACKTRACE_BARRIER)
  } catch (error) {
    const { handle } = error as { handle?: JSValueHandle }
    if (handle === undefined) throw error
    use(handle, true)
    return
  }
  use(value, false)
  value.dispose()
}

function enter(
  vm: QuickJS,
  entry: JSValueHandle,
  operation: number,
  number: number,
  text: string,
  value: JSValueHandle,
): void {
  const list = [vm.newNumber(operation), vm.newNumber(number), vm.newString(text)]
  try {
    vm.callFunction(entry, vm.undefined, ...list, value).dispose()
  } catch (error) {
    // The entry throws only what cannot be caught inside: it was interrupted, which the host knows.
    if (!(error instanceof JSException)) throw error
    error.dispose()
  } finally {
    for (const handle of list) handle.dispose()
  }
}
