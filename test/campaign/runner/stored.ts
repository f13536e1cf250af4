import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join, relative } from 'node:path'

/** Mark at the end of each text that the campaign has kept, so that half a text is known. */
export const END_MARK = '// whole'

/** What is wrong with the files below a folder: torn ones, empty ones, and those that others may read. */
export function tornFiles(folder: string, isOurs: (file: string) => boolean = () => true): string[] {
  return filesBelow(folder)
    .filter(isOurs)
    .flatMap((file) => {
      const fault = faultOf(file)
      return fault === undefined ? [] : [`${relative(folder, file)}: ${fault}`]
    })
}

export function filesBelow(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name)
      return entry.isDirectory() ? filesBelow(path) : entry.isFile() ? [path] : []
    })
  } catch {
    return []
  }
}

/** Content that waits beside its place is no file yet; locks are empty. */
function faultOf(file: string): string | undefined {
  const name = basename(file)
  if (/\.tmp$|\.lock$|^filler$/.test(name)) return undefined
  try {
    const { mode, size } = statSync(file)
    if ((mode & 0o077) !== 0) return `others may read it (${(mode & 0o777).toString(8)})`
    if (size === 0) return 'it is empty'
    return contentFault(file, readFileSync(file, 'utf8'))
  } catch {
    // It was taken away meanwhile.
    return undefined
  }
}

function contentFault(name: string, text: string): string | undefined {
  const [head = '', sum] = /^mcp-optimizer \d+ (\S+)\n/.exec(text) ?? []
  if (sum !== undefined) return isSumOf(sum, text.slice(head.length)) ? undefined : 'its checksum is another one'
  if (name.endsWith('.json')) return isJson(text) ? undefined : `it is no JSON: ${JSON.stringify(text.slice(-60))}`
  if (name.endsWith('.jsonl')) {
    const torn = text.split('\n').findIndex((line) => line !== '' && !isJson(line))
    return torn === -1 && text.endsWith('\n') ? undefined : `its line ${torn + 1} is torn`
  }
  if (name.endsWith('.ts') || name.includes('/exports/'))
    return text.includes(END_MARK) ? undefined : 'its end is missing'
  return undefined
}

/** Some of our files have the whole checksum, others its beginning. */
function isSumOf(sum: string, text: string): boolean {
  const hash = createHash('sha256').update(text)
  return hash.copy().digest('base64url') === sum || hash.digest('hex').startsWith(sum)
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
