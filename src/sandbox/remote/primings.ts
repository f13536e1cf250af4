import { type SandboxImage } from '../sandbox.ts'
import { PAGE_BYTES } from '../engine/wasm-module.ts'
import { ToRunner } from './protocol.ts'

/** An image as a runner has it: made ready for programs with so much memory. */
export interface Priming {
  readonly key: number
  readonly done: Promise<void>
  isDone: boolean
  /** Programs that run with it. */
  users: number
}

type Send = (operation: number, key: number, pages: number, b: number, texts: readonly string[]) => void

const IMAGES_KEPT = 8

/** The images that a runner has, by version and memory; those not used for longest are forgotten. */
export class Primings {
  private readonly send: Send
  private readonly known = new Map<string, Priming & { finish(): void }>()
  private next = 1

  constructor(send: Send) {
    this.send = send
  }

  find(image: SandboxImage, memoryBytes: number): Priming {
    const pages = Math.ceil(memoryBytes / PAGE_BYTES)
    const name = `${image.version}\n${pages}`
    const known = this.known.get(name)
    if (known !== undefined) {
      this.known.delete(name)
      this.known.set(name, known)
      return known
    }
    let finish = (): void => undefined
    const done = new Promise<void>((resolve) => {
      finish = resolve
    })
    const priming = { key: this.next++, done, finish, isDone: false, users: 0 }
    this.known.set(name, priming)
    this.send(ToRunner.image, priming.key, pages, 0, [JSON.stringify(numbered(image))])
    this.forgetOldest()
    return priming
  }

  /** The runner says that it is ready. */
  finish(key: number): void {
    for (const priming of this.known.values()) {
      if (priming.key !== key) continue
      priming.isDone = true
      priming.finish()
    }
  }

  private forgetOldest(): void {
    for (const [name, { key, users, isDone }] of this.known) {
      if (this.known.size <= IMAGES_KEPT) return
      if (users > 0 || !isDone) continue
      this.known.delete(name)
      this.send(ToRunner.forget, key, 0, 0, [])
    }
  }
}

/** Functions are called by their number: names never come back from a runner. */
function numbered({ version, functions, modules, aliases }: SandboxImage): SandboxImage {
  return {
    version,
    functions: functions.map(({ path, spread = false }, index) => ({ path, name: String(index), spread })),
    modules: modules.map(({ path, name, source, aliases: servers = {} }) => ({ path, name, source, aliases: servers })),
    ...(aliases === undefined ? {} : { aliases }),
  }
}
