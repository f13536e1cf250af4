import { randomUUID } from 'node:crypto'
import { basename, dirname, join } from 'node:path'
import { OptimizerError } from '../../errors.ts'
import { messageOf } from '../../internal/text.ts'
import type { Disk } from './disk.ts'

/** A file of text as it stood when it was read. */
export interface TextFile {
  /** Links followed. */
  readonly path: string
  /** Undefined where there was no file. */
  readonly text: string | undefined
  readonly encoding: Encoding
}

type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be'

/** Throws `CONFIG_INVALID` where the file cannot be read, or is no text that could be written back byte for byte. */
export async function readTextFile(disk: Disk, asked: string): Promise<TextFile> {
  try {
    const path = await disk.follow(asked)
    const bytes = await disk.read(path)
    if (bytes === undefined) return { path, text: undefined, encoding: 'utf-8' }
    const encoding = encodingOf(bytes)
    const text = new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes)
    return { path, text, encoding }
  } catch (thrown) {
    const why = thrown instanceof TypeError ? 'it is no UTF-8 and no UTF-16 with a mark' : messageOf(thrown)
    throw new OptimizerError('CONFIG_INVALID', `cannot read ${asked}: ${why}`, {
      cause: thrown,
      suggestion: 'save the file as UTF-8, or make it readable for you',
    })
  }
}

export interface Writing {
  readonly disk: Disk
  readonly now: Date
}

/**
 * Puts text in the place of what was read, whole or not at all, and keeps the former text in a dated file beside it, whose path
 * it answers. Throws `CONFIG_INVALID` when the file is no longer what was read.
 */
export async function replaceText(
  { disk, now }: Writing,
  file: TextFile,
  text: string,
  { mode, keep = true }: { readonly mode?: number; readonly keep?: boolean } = {},
): Promise<string | undefined> {
  const rights = mode ?? (await disk.mode(file.path)) ?? 0o600
  try {
    const backup = keep && file.text !== undefined ? await keepFormer(disk, file, now, rights) : undefined
    await writeOver(disk, file, text, rights)
    return backup
  } catch (thrown) {
    if (OptimizerError.is(thrown)) throw thrown
    throw new OptimizerError('CONFIG_INVALID', `cannot write ${file.path}: ${messageOf(thrown)}; it is as it was`, {
      cause: thrown,
      suggestion: 'make the file and its folder writable for you',
    })
  }
}

/** Gives a file its dated name, which is answered. Throws `CONFIG_INVALID` when the file is no longer what was read. */
export async function moveAway({ disk, now }: Writing, file: TextFile): Promise<string> {
  const backup = await freeName(disk, backupName(file.path, now))
  const former = file.text === undefined ? undefined : bytesOf(file.text, file.encoding)
  if (!areEqual(await disk.read(file.path), former)) throw new ChangedMeanwhile(file.path)
  await disk.rename(file.path, backup)
  return backup
}

/** Throws `CONFIG_INVALID` for a file that its owner does not want written, though its folder would let us. */
export async function refuseReadOnly(disk: Disk, { path }: TextFile): Promise<void> {
  const mode = await disk.mode(path)
  if (mode === undefined || (mode & 0o222) !== 0) return
  throw new OptimizerError('CONFIG_INVALID', `cannot change ${path}: it is read-only; nothing was written`, {
    suggestion: 'make the file writable for you, or change it where it is made',
  })
}

/** Dated files beside a file: what stood there before runs of setup and undo. */
export async function formersOf(disk: Disk, { path }: TextFile): Promise<string[]> {
  const names = await disk.list(dirname(path))
  const start = `${basename(path)}.`
  return names
    .filter((name) => name.startsWith(start) && /\.before-mcp-optimizer(\.\d+)?$/.test(name))
    .toSorted()
    .map((name) => join(dirname(path), name))
}

/** Name of the dated file that keeps what stood in a file. */
function backupName(path: string, now: Date): string {
  return `${path}.${now.toISOString().replaceAll(':', '-')}.before-mcp-optimizer`
}

async function keepFormer(disk: Disk, file: TextFile, now: Date, mode: number): Promise<string> {
  const backup = await freeName(disk, backupName(file.path, now))
  await throughTemporary(disk, backup, bytesOf(file.text ?? '', file.encoding), mode, async () => undefined)
  return backup
}

async function freeName(disk: Disk, wanted: string): Promise<string> {
  for (let count = 1; ; count++) {
    const name = count === 1 ? wanted : `${wanted}.${count}`
    if ((await disk.mode(name)) === undefined) return name
  }
}

async function writeOver(disk: Disk, file: TextFile, text: string, mode: number): Promise<void> {
  const former = file.text === undefined ? undefined : bytesOf(file.text, file.encoding)
  await throughTemporary(disk, file.path, bytesOf(text, file.encoding), mode, async () => {
    if (areEqual(await disk.read(file.path), former)) return
    throw new ChangedMeanwhile(file.path)
  })
}

/** Another program wrote the file between reading and writing. */
export class ChangedMeanwhile extends OptimizerError {
  constructor(path: string) {
    super('CONFIG_INVALID', `cannot change ${path}: it was changed by another program meanwhile`, {
      suggestion: 'close the client, then try again',
    })
  }
}

const UNFINISHED = '.mcp-optimizer.tmp'

/** Removes from folders what a run that was killed had begun to write: a file of such a name whose process is gone. */
export async function clearUnfinished(disk: Disk, folders: readonly string[]): Promise<void> {
  for (const folder of new Set(folders)) {
    for (const name of await disk.list(folder)) {
      const writer = /\.(\d+)-[\da-f-]{36}\.mcp-optimizer\.tmp$/.exec(name)?.[1]
      if (writer === undefined || isRunning(Number(writer))) continue
      await disk.remove(join(folder, name)).catch(() => undefined)
    }
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** The content is on the disk before it takes the place of anything. */
async function throughTemporary(
  disk: Disk,
  path: string,
  bytes: Uint8Array,
  mode: number,
  check: () => Promise<void>,
): Promise<void> {
  const temporary = `${path}.${process.pid}-${randomUUID()}${UNFINISHED}`
  try {
    await disk.create(temporary, bytes, mode)
    await check()
    await disk.rename(temporary, path)
  } catch (thrown) {
    await disk.remove(temporary).catch(() => undefined)
    throw thrown
  }
}

function encodingOf([first, second]: Uint8Array): Encoding {
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  return first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8'
}

function bytesOf(text: string, encoding: Encoding): Uint8Array {
  if (encoding === 'utf-8') return Buffer.from(text, 'utf8')
  const bytes = Buffer.from(text, 'utf16le')
  return encoding === 'utf-16le' ? bytes : bytes.swap16()
}

function areEqual(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  return one === undefined || other === undefined ? one === other : Buffer.compare(one, other) === 0
}
