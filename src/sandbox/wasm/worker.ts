import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { parentPort, workerData } from 'node:worker_threads'
import type { Program, SandboxImage, SandboxLimits } from '../sandbox.ts'
import { boundMemory } from './bound-memory.ts'
import { type PrimedImage, primeImage } from './image.ts'
import { Instance, type InstanceOptions } from './instance.ts'
import type { FromWorker, ToWorker, WorkerData } from './protocol.ts'
import { Run, type RunHost } from './run.ts'
import { createTranspiler } from './transpile.ts'

/** Entry of a worker thread: several instances, each with one program at a time. */
const PAGE_BYTES = 65_536
/** Room beside the program's memory for the engine and the catalog's wrappers. */
const IMAGE_BYTES = 48 * 1024 * 1024
/** A program that keeps the thread this long is told to the pool. */
const SLOW_SLICE_MS = 50
/** Instances of one image kept for the next programs. */
const KEPT_INSTANCES = 4

interface Pool {
  readonly primed: Promise<PrimedImage>
  readonly options: InstanceOptions
  image?: PrimedImage
  readonly free: Instance[]
}

const port = parentPort
if (port === null) throw new TypeError('this file is the entry of a worker thread')
const { stop, seed } = workerData as WorkerData
const engine = readFileSync(createRequire(import.meta.url).resolve('quickjs-wasi/quickjs.wasm'))
const modules = new Map<number, WebAssembly.Module>()
const images = new Map<string, SandboxImage>()
const pools = new Map<string, Pool>()
const runs = new Map<number, Run>()
const transpiler = createTranspiler()
let outbox: FromWorker[] = []
let current: Run | undefined
let sliceStart = 0
let toldSlow = false
let seeds = seed ?? 0

const host: RunHost = {
  transpiler,
  seed: () => (seed === undefined ? Math.floor(Math.random() * 2 ** 32) : (seeds = (Math.imul(seeds, 1_664_525) + 1_013_904_223) >>> 0)),
  post: (message) => void outbox.push(message),
  ended(run, reusable) {
    runs.delete(run.id)
    const pool = pools.get(poolKey(run.image.version, run.limits))
    if (reusable && pool !== undefined && pool.free.length < KEPT_INSTANCES) pool.free.push(run.instance)
  },
}

port.on('message', (messages: readonly ToWorker[]) => {
  for (const message of messages) receive(message)
  flush()
})

function receive(message: ToWorker): void {
  switch (message.kind) {
    case 'image':
      images.set(message.image.version, message.image)
      return
    case 'forget':
      images.delete(message.version)
      for (const key of pools.keys()) if (key.startsWith(`${message.version}/`)) pools.delete(key)
      return
    case 'run':
      begin(message.id, message.version, message.program, message.limits)
      return
    case 'answer':
      slice(runs.get(message.id), (run) => run.answer(message.call, message.ok, message.text))
      return
    case 'cancel':
      slice(runs.get(message.id), (run) => run.stop('cancelled'))
  }
}

/** Starts at once when an instance is free, else when one is made. */
function begin(id: number, version: string, program: Program, limits: SandboxLimits): void {
  const started = performance.now()
  const pool = poolFor(version, limits)
  const launch = (instance: Instance, image: PrimedImage): void => {
    const run = new Run(id, program, limits, instance, image, performance.now() - started, host)
    runs.set(id, run)
    slice(run, () => run.start())
  }
  const reset = pool.image === undefined ? undefined : freeInstance(pool, pool.image)
  if (reset !== undefined && pool.image !== undefined) return launch(reset, pool.image)
  void make(pool).then(
    ({ instance, image }) => {
      launch(instance, image)
      flush()
    },
    (thrown: unknown) => {
      const error = { name: 'Error', message: `cannot prime a sandbox: ${thrown instanceof Error ? thrown.message : 'unknown'}`, code: 'INTERNAL' as const }
      outbox.push({ kind: 'end', id, end: { status: 'error', error, logs: [], hostCalls: 0, durationMs: 0, setupMs: 0 } })
      flush()
    },
  )
}

/** The most recently used instance first: its memory is warm. */
function freeInstance(pool: Pool, image: PrimedImage): Instance | undefined {
  for (let instance = pool.free.pop(); instance !== undefined; instance = pool.free.pop()) {
    if (instance.reset(image.memory)) return instance
  }
  return undefined
}

async function make(pool: Pool): Promise<{ readonly instance: Instance; readonly image: PrimedImage }> {
  const image = await pool.primed
  if (pool.image === undefined) {
    pool.image = image
    pool.free.push(image.first)
  }
  const free = freeInstance(pool, image)
  return { instance: free ?? (await Instance.revive(image.memory, pool.options)), image }
}

function poolFor(version: string, limits: SandboxLimits): Pool {
  const key = poolKey(version, limits)
  const known = pools.get(key)
  if (known !== undefined) return known
  const image = images.get(version) ?? { version, functions: [], modules: [] }
  const options = { module: moduleFor(limits.memoryBytes), interrupt }
  const pool: Pool = { primed: primeImage(image, transpiler, options), options, free: [] }
  pools.set(key, pool)
  return pool
}

function poolKey(version: string, limits: SandboxLimits): string {
  return `${version}/${limits.memoryBytes}`
}

function moduleFor(memoryBytes: number): WebAssembly.Module {
  const pages = Math.min(65_536, Math.ceil((memoryBytes + IMAGE_BYTES) / PAGE_BYTES))
  const known = modules.get(pages)
  if (known !== undefined) return known
  const module = new WebAssembly.Module(boundMemory(engine, pages))
  modules.set(pages, module)
  return module
}

/** Lets one run use the thread; the interrupt handler then speaks for that run. */
function slice(run: Run | undefined, work: (run: Run) => void): void {
  if (run === undefined) return
  current = run
  sliceStart = performance.now()
  toldSlow = false
  try {
    work(run)
  } finally {
    current = undefined
  }
}

function interrupt(): boolean {
  if (current === undefined) return false
  if (Atomics.load(stop, 0) === current.id) current.stop('cancelled')
  if (!toldSlow && performance.now() - sliceStart > SLOW_SLICE_MS) {
    toldSlow = true
    port?.postMessage([{ kind: 'slow', id: current.id }])
  }
  return current.mustStop()
}

function flush(): void {
  if (outbox.length === 0) return
  port?.postMessage(outbox)
  outbox = []
}
