import { type ImageMessage, type ForgetMessage } from '../engine/protocol.ts'
import { EngineModules } from '../engine/wasm-module.ts'
import { DEFAULT_LIMITS, type SandboxImage } from '../sandbox.ts'

/** An image as a thread has it: made ready for programs with so much memory. */
export interface ThreadImage {
  readonly key: string
  readonly done: Promise<void>
  isReady: boolean
  /** Programs that run with it, or wait for it. */
  users: number
}

/** The modules of all threads of a backend, and the memory of its last program, which the next one will have too. */
export class UsedModules extends EngineModules {
  lastBytes: number = DEFAULT_LIMITS.memoryBytes
}

type Known = ThreadImage & { finish(): void }
type Send = (message: ImageMessage | ForgetMessage) => void

const IMAGES_KEPT = 8

/** The images that a thread has, by version and memory; those not used for longest are forgotten. */
export class ThreadImages {
  private readonly modules: UsedModules
  private readonly send: Send
  private readonly known = new Map<string, Known>()
  /** The answer to the last question, which is nearly always asked again. */
  private last: { readonly image: SandboxImage; readonly bytes: number; readonly found: ThreadImage } | undefined

  constructor(modules: UsedModules, send: Send) {
    this.modules = modules
    this.send = send
  }

  /** The image for a program that nothing is known of but that one will come. */
  findUsual(image: SandboxImage): ThreadImage {
    return this.find(image, this.modules.lastBytes)
  }

  find(image: SandboxImage, bytes: number): ThreadImage {
    const { last } = this
    if (last?.image === image && last.bytes === bytes) return last.found
    const key = `${image.version}\n${bytes}`
    const found = this.known.get(key) ?? this.add(key, image, bytes)
    // The map is kept in the order of last use.
    this.known.delete(key)
    this.known.set(key, found)
    this.modules.lastBytes = bytes
    this.last = { image, bytes, found }
    return found
  }

  /** The thread says that it is ready. */
  finish(key: string): void {
    const found = this.known.get(key)
    if (found === undefined) return
    found.isReady = true
    found.finish()
  }

  private add(key: string, image: SandboxImage, bytes: number): Known {
    let finish = (): void => undefined
    const done = new Promise<void>((resolve) => {
      finish = resolve
    })
    const added = { key, done, finish, isReady: false, users: 0 }
    this.known.set(key, added)
    const module = this.modules.compiled(bytes)
    const send = (compiled: WebAssembly.Module): void =>
      this.send({ kind: 'image', key, image: plainImage(image), module: compiled })
    if (module === undefined) void this.modules.compile(bytes).then(send)
    else send(module)
    this.forgetOldest()
    return added
  }

  private forgetOldest(): void {
    for (const [key, { users, isReady }] of this.known) {
      if (this.known.size <= IMAGES_KEPT) return
      if (users > 0 || !isReady) continue
      this.known.delete(key)
      if (this.last?.found.key === key) this.last = undefined
      this.send({ kind: 'forget', key })
    }
  }
}

/** Only what the worker reads: an image may carry more, which need not be cloneable. */
function plainImage({ version, functions, modules, aliases }: SandboxImage): SandboxImage {
  return {
    version,
    functions: functions.map(({ path, name, spread = false }) => ({ path, name, spread })),
    modules: modules.map(({ path, name, source, aliases: servers = {} }) => ({ path, name, source, aliases: servers })),
    ...(aliases === undefined ? {} : { aliases: aliases.map(({ path, name }) => ({ path, name })) }),
  }
}
