import { hash } from 'node:crypto'
import { join, relative } from 'node:path'
import { realPath } from './folders.ts'

/** Something that a file of a project would have run, opened or read. */
export interface Claim {
  /** A server of a client's file, a whole file of our own, or a file with an intent. */
  readonly kind: 'server' | 'file' | 'intent'
  /** Folder of the project, links resolved. */
  readonly folder: string
  /** Path of the file below that folder, links of the file itself not resolved. */
  readonly path: string
  /** Name of the server; of other kinds the name of the file. */
  readonly name: string
  /** What stands there, as it was read: nothing expanded, every key that changes what runs. */
  readonly says: unknown
}

/** A claim with all that was read because of it. */
export interface Part extends Claim {
  /** SHA-256 of the content of each file that it names, by path. */
  readonly files: Readonly<Record<string, string>>
  /** Names of the variables of the environment that it reads; grows while it is evaluated. */
  readonly reads: ReadonlySet<string>
}

/** A claim of what stands in a file of a project; the folder may be spelled in any way. */
export function claimOf(kind: Claim['kind'], { folder, path, name, says }: Omit<Claim, 'kind'>): Claim {
  const real = realPath(folder)
  return { kind, folder: real, path: join(real, relative(folder, path)), name, says }
}

/** Names a claim by what it says: comments, spaces and the order of keys are no part of it. */
export function claimHash({ kind, folder, path, name, says }: Claim): string {
  return sha256([kind, folder, path, name, says].map(canonical).join('\n'))
}

export function sha256(text: string): string {
  return hash('sha256', text, 'hex')
}

/** A text for each value and no other: numbers that JSON does not know and dates of TOML too are told apart. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value !== 'object' || value === null) return `${typeof value}:${String(value)}`
  if (value instanceof Date) return `date:${JSON.stringify(value)}`
  const keys = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `{${keys.map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`).join()}}`
}
