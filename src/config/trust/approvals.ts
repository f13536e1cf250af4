import { readdirSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { writeAtomically } from '../../internal/atomic-file.ts'
import { isRecord } from '../../internal/json.ts'
import { type Claim, claimHash, type Part } from './claim.ts'

/** One thing that this user has allowed a project to run. */
export interface Approval {
  readonly version: 1
  readonly kind: Claim['kind']
  readonly folder: string
  readonly path: string
  readonly name: string
  /** Of the claim, see `claimHash`. */
  readonly hash: string
  /** As those of a `Part`. */
  readonly files: Readonly<Record<string, string>>
  readonly approvedAt: string
}

/**
 * What this user has approved: a file each, named after what it approves, so that two processes at once never undo each
 * other's and a damaged file takes one approval away and gives none.
 */
export class Approvals {
  readonly #folder: string
  #known: { readonly approvals: readonly Approval[]; readonly damaged: readonly string[] } | undefined

  /** `userFolder` is the user's folder for configuration. */
  constructor(userFolder: string) {
    this.#folder = join(userFolder, 'trust')
  }

  /** The approval of exactly this claim. */
  find(claim: Claim): Approval | undefined {
    const hash = claimHash(claim)
    const approval = readApproval(this.#fileOf(hash))
    return approval?.hash === hash && approval.folder === claim.folder ? approval : undefined
  }

  /** True where something else was approved under this name. */
  hasOther({ kind, folder, path, name }: Claim): boolean {
    return this.list().approvals.some(
      (one) => one.kind === kind && one.folder === folder && one.path === path && one.name === name,
    )
  }

  /** All approvals, by folder, and the files that hold none that can be read. */
  list(): { readonly approvals: readonly Approval[]; readonly damaged: readonly string[] } {
    this.#known ??= readAll(this.#folder)
    return this.#known
  }

  async add({ kind, folder, path, name, says, files }: Part, at: Date): Promise<void> {
    const hash = claimHash({ kind, folder, path, name, says })
    const approval: Approval = { version: 1, kind, folder, path, name, hash, files, approvedAt: at.toISOString() }
    await writeAtomically(this.#fileOf(hash), `${JSON.stringify(approval, undefined, 2)}\n`)
    this.#known = undefined
  }

  /** Takes back all approvals of a folder; tells how many there were. */
  async revoke(folder: string): Promise<number> {
    const gone = this.list().approvals.filter((approval) => approval.folder === folder)
    for (const { hash } of gone) await rm(this.#fileOf(hash), { force: true })
    this.#known = undefined
    return gone.length
  }

  #fileOf(hash: string): string {
    return join(this.#folder, `${hash}.json`)
  }
}

function readAll(folder: string): ReturnType<Approvals['list']> {
  const read = namesIn(folder).map((name) => ({
    path: join(folder, name),
    approval: readApproval(join(folder, name)),
    hash: name.slice(0, -'.json'.length),
  }))
  const approvals = read.flatMap(({ approval, hash }) => (approval?.hash === hash ? [approval] : []))
  return {
    approvals: approvals.toSorted((a, b) => (a.folder + a.path + a.name < b.folder + b.path + b.name ? -1 : 1)),
    damaged: read.flatMap(({ path, approval, hash }) => (approval?.hash === hash ? [] : [path])),
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.json'))
  } catch {
    return []
  }
}

/** Undefined for what is not there, and for anything that is not a whole approval. */
function readApproval(path: string): Approval | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'))
    return isApproval(value) ? value : undefined
  } catch {
    return undefined
  }
}

// By hand: the library for schemas takes longer to load than everything else at start.
function isApproval(value: unknown): value is Approval {
  if (!isRecord(value) || value['version'] !== 1 || !isRecord(value['files'])) return false
  const texts = ['kind', 'folder', 'path', 'name', 'hash', 'approvedAt'].map((key) => value[key])
  return [...texts, ...Object.values(value['files'])].every((text) => typeof text === 'string')
}
