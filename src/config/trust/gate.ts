import { isDeepStrictEqual } from 'node:util'
import type { Approvals } from './approvals.ts'
import { type Claim, type Part, sha256 } from './claim.ts'
import { readSmallText } from './small-text.ts'

/** What reading an entry may look at beside the entry. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  /** The text of a file; undefined where it cannot be read. */
  readonly readText: (path: string) => string | undefined
}

/** Stands before everything that a project's files would run: `evaluate` is called only for what may run. */
export interface Gate {
  /** What `evaluate` gives; undefined where the claim is not admitted. */
  admit<T>(claim: Claim, evaluate: (surroundings: Surroundings) => T): T | undefined
}

/** Something of a project that was not admitted. */
export interface LeftOut {
  readonly claim: Claim
  /** `changed`: another text was approved there, or a file that it names is another one now. */
  readonly why: 'new' | 'changed'
}

/** Admits what was approved, exactly as it was approved; remembers the rest. */
export class LockedGate implements Gate {
  readonly leftOut: LeftOut[] = []
  readonly #approvals: Approvals
  readonly #env: Surroundings['env']

  constructor(approvals: Approvals, env: Surroundings['env']) {
    this.#approvals = approvals
    this.#env = env
  }

  admit<T>(claim: Claim, evaluate: (surroundings: Surroundings) => T): T | undefined {
    const approval = this.#approvals.find(claim)
    if (approval === undefined) {
      this.leftOut.push({ claim, why: this.#approvals.hasOther(claim) ? 'changed' : 'new' })
      return undefined
    }
    const { result, files } = watched(this.#env, evaluate)
    if (isDeepStrictEqual(files, approval.files)) return result
    this.leftOut.push({ claim, why: 'changed' })
    return undefined
  }
}

/** Admits everything and remembers it: for showing what would run. Nothing that went through it may be started. */
export class OpenGate implements Gate {
  readonly parts: Part[] = []
  readonly #env: Surroundings['env']

  constructor(env: Surroundings['env']) {
    this.#env = env
  }

  admit<T>(claim: Claim, evaluate: (surroundings: Surroundings) => T): T {
    const { result, files, reads } = watched(this.#env, evaluate)
    this.parts.push({ ...claim, files, reads })
    return result
  }
}

/** Evaluates, and notes each variable and each file that was looked at. A file is read once, so that what was noted is what was used. */
function watched<T>(
  env: Surroundings['env'],
  evaluate: (surroundings: Surroundings) => T,
): { readonly result: T; readonly files: Record<string, string>; readonly reads: ReadonlySet<string> } {
  const texts = new Map<string, string | undefined>()
  const reads = new Set<string>()
  const readText = (path: string): string | undefined => {
    if (!texts.has(path)) texts.set(path, readSmallText(path))
    return texts.get(path)
  }
  const result = evaluate({ env: watchedEnv(env, reads), readText })
  const files = [...texts].map(([path, text]) => [path, text === undefined ? 'none' : sha256(text)] as const)
  return { result, files: Object.fromEntries(files), reads }
}

function watchedEnv(env: Surroundings['env'], reads: Set<string>): Surroundings['env'] {
  return new Proxy(env, {
    get(target, name) {
      if (typeof name !== 'string') return undefined
      reads.add(name)
      return target[name]
    },
  })
}
