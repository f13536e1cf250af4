import { randomUUID } from 'node:crypto'
import { link, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

export interface AtomicOptions {
  /** A file that is there already is left alone: then this throws `EEXIST`. @default false */
  readonly exclusive?: boolean
  /** The content is on the disk before it takes its place, so that a power cut loses neither text. @default false */
  readonly durable?: boolean
}

/** Content that waits beside its place. */
export interface StagedFile {
  /** Puts it in its place, in one step. */
  readonly commit: () => Promise<void>
  /** Takes it away; after a commit does nothing. */
  readonly discard: () => Promise<void>
}

/** Writes a whole file or nothing: readers see the text before or this one. Makes its folder; for the owner's eyes only. */
export async function writeAtomically(
  file: string,
  content: string | Uint8Array,
  options: AtomicOptions = {},
): Promise<void> {
  const staged = await stageFile(file, content, options)
  await staged.commit()
}

/** The first half of {@link writeAtomically}: whatever can fail for want of room has been done when it answers. */
export async function stageFile(
  file: string,
  content: string | Uint8Array,
  { exclusive = false, durable = false }: AtomicOptions = {},
): Promise<StagedFile> {
  await makeFolder(dirname(file))
  const temporary = `${file}.${randomUUID()}.tmp`
  const discard = async (): Promise<void> => await rm(temporary, { force: true }).catch(() => undefined)
  const orDiscard = async (work: Promise<void>): Promise<void> => {
    try {
      await work
    } catch (thrown) {
      await discard()
      throw thrown
    }
  }
  await orDiscard(writeNew(temporary, content, durable))
  return {
    commit: async () => await orDiscard(exclusive ? placeNew(temporary, file) : rename(temporary, file)),
    discard,
  }
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
  } catch (thrown) {
    // A file in its place; of the file to be written `EEXIST` says something else.
    throw (thrown as NodeJS.ErrnoException).code === 'EEXIST' ? coded('ENOTDIR', `${folder} is no folder`) : thrown
  }
}

async function writeNew(file: string, content: string | Uint8Array, durable: boolean): Promise<void> {
  await using handle = await open(file, 'wx', 0o600)
  await handle.writeFile(content)
  if (durable) await handle.sync()
}

async function placeNew(temporary: string, file: string): Promise<void> {
  try {
    // In contrast to a rename it never takes the place of another file.
    await link(temporary, file)
  } catch (thrown) {
    if (!HAS_NO_LINKS.has((thrown as NodeJS.ErrnoException).code ?? '')) throw thrown
    if (await isThere(file)) throw coded('EEXIST', `${file} exists`)
    await rename(temporary, file)
    return
  }
  await rm(temporary, { force: true })
}

/** What file systems without links answer. */
export const HAS_NO_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL'])

async function isThere(file: string): Promise<boolean> {
  return await stat(file).then(
    () => true,
    () => false,
  )
}

function coded(code: string, message: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${message}`), { code })
}
