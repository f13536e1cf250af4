import { isAbsolute } from 'node:path'
import { type FileContent, readStructured } from '../read-file.ts'
import { isHome, projectFolder } from '../trust/folders.ts'
import type { Client, Content, Format, PlacedFile, Places } from './client.ts'

/** A file of a client that was read, or why it could not be. */
export type Read =
  | (Content & { readonly repeated: readonly string[] })
  | { readonly file: PlacedFile; readonly fault: string }

/** The files of a client that are there, each once, in their order. */
export async function contentsOf(client: Client, places: Places): Promise<Read[]> {
  // A large file with several maps of servers is read once.
  const reading = new Map<string, Promise<FileContent>>()
  const contentOf = async (path: string, format: Format): Promise<FileContent> => {
    const known = reading.get(path) ?? readStructured(path, format)
    reading.set(path, known)
    return await known
  }
  const read = await Promise.all(
    onceEach(await client.files(places)).map(async (placed) => {
      const file = withLevel(placed, places)
      return withContent(file, await contentOf(file.path, file.format ?? client.format))
    }),
  )
  return read.filter((content) => content !== undefined)
}

/** Each map of each file once: in the home folder a project's file and the user's are one, and the user's own. */
function onceEach(files: readonly PlacedFile[]): PlacedFile[] {
  const first = new Map<string, PlacedFile>()
  for (const file of files) {
    const known = first.get(idOf(file))
    if (known === undefined) first.set(idOf(file), file)
    else if (file.level === 'user') first.set(idOf(file), { ...known, level: 'user' })
  }
  return [...first.values()]
}

/**
 * What lies in the home folder itself is the user's own, whoever looks there. A path that is not whole would be looked for
 * in the working folder.
 */
function withLevel(file: PlacedFile, { cwd, home }: Places): PlacedFile {
  if (!isAbsolute(file.path)) return { ...file, level: 'project' }
  if (file.level === 'user') return file
  const folder = file.folder ?? projectFolder(file.path, cwd)
  return { ...file, folder, level: isHome(folder, home) ? 'user' : 'project' }
}

/** What tells one map of one file from others. */
export function idOf({ path, key }: PlacedFile): string {
  return JSON.stringify([path, key])
}

function withContent(file: PlacedFile, content: FileContent): Read | undefined {
  if (content === undefined) return undefined
  if ('fault' in content) return { file, fault: content.fault }
  return { file, value: content.value, repeated: file.key === false ? [] : content.repeated }
}
