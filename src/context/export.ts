import { lstat, mkdir, realpath } from 'node:fs/promises'
import { dirname, join, sep } from 'node:path'
import { OptimizerError } from '../errors.ts'
import { writeAtomically } from '../internal/atomic-file.ts'
import { cutText } from '../internal/text.ts'

export interface ExportedFile {
  /** Below the export folder. */
  readonly file: string
  readonly bytes: number
  /** True when a file of this name was replaced. */
  readonly replaced: boolean
}

export interface ExportOptions {
  /** The only folder into which anything is written. */
  readonly folder: string
  /** Name or relative path of the file. */
  readonly name: string
  readonly content: string | Uint8Array
  /** False: an existing file is left alone, with an error. */
  readonly replace: boolean
}

const NAME = /^[\p{L}\p{N}_-][\p{L}\p{N} ._-]{0,99}$/u
const MAX_PARTS = 6

/** Writes a file below the export folder, never outside it, not even through links; never over a file unasked. */
export async function exportFile(options: ExportOptions): Promise<ExportedFile> {
  try {
    return await write(options)
  } catch (cause) {
    if (OptimizerError.is(cause)) throw cause
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason'
    throw new OptimizerError('STORE_UNAVAILABLE', `cannot export: the export folder cannot be written (${code})`, {
      cause,
    })
  }
}

async function write({ folder, name, content, replace }: ExportOptions): Promise<ExportedFile> {
  const parts = name.split('/')
  if (parts.length > MAX_PARTS || parts.some((part) => !NAME.test(part) || part.endsWith('.'))) {
    throw wrongName(name, 'a relative path of letters, digits, ".", "_", "-" and spaces')
  }
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const root = await realpath(folder)
  const parent = join(root, ...parts.slice(0, -1))
  await mkdirInside(root, parts.slice(0, -1), name)
  if ((await realpath(parent)) !== parent) throw wrongName(name, 'a path without links')
  const file = join(parent, parts.at(-1) ?? '')
  const isThere = await exists(file, name)
  if (isThere && !replace) throw alreadyThere(name)
  // A link that has come to stand there meanwhile is replaced, not followed.
  await writeAtomically(file, content, { exclusive: !replace, durable: true }).catch(
    (thrown: NodeJS.ErrnoException) => {
      throw thrown.code === 'EEXIST' ? alreadyThere(name) : thrown
    },
  )
  return { file: name, bytes: Buffer.byteLength(content), replaced: isThere }
}

function alreadyThere(name: string): OptimizerError {
  return new OptimizerError('INVALID_REQUEST', `cannot export to "${name}": a file of this name exists`, {
    details: { path: 'name' },
    suggestion: 'choose another name, or set replace',
  })
}

async function mkdirInside(root: string, parts: readonly string[], name: string): Promise<void> {
  let at = root
  for (const part of parts) {
    at = join(at, part)
    await mkdir(at, { mode: 0o700 }).catch((thrown: NodeJS.ErrnoException) => {
      if (thrown.code !== 'EEXIST') throw thrown
    })
    if (!(await lstat(at)).isDirectory()) throw wrongName(name, 'folders on the way to the file')
    if (!`${await realpath(at)}${sep}`.startsWith(`${dirname(at)}${sep}`)) throw wrongName(name, 'a path without links')
  }
}

async function exists(file: string, name: string): Promise<boolean> {
  const found = await lstat(file).catch(() => undefined)
  if (found === undefined) return false
  if (!found.isFile()) throw wrongName(name, 'the name of a file')
  return true
}

function wrongName(name: string, wanted: string): OptimizerError {
  return new OptimizerError('INVALID_REQUEST', `cannot export to "${cutText(name, 100)}": wanted ${wanted}`, {
    details: { path: 'name', expected: wanted },
  })
}
