import { isRecord } from '../../internal/json.ts'
import type { ConfigProblem } from '../config.ts'
import { isSwitch } from '../entry.ts'
import type { Gate } from '../trust/gate.ts'
import type { Client, ClientFile, Content, Group, PlacedFile, Places, Switches, Verdict } from './client.ts'
import { contentsOf, type Read } from './contents.ts'
import { FileReader, type ReaderContext } from './file-reader.ts'
import { groupsOf, keyOf } from './groups.ts'
import { MISPLACED } from './words.ts'

/**
 * Reads all files of some clients, in the order of precedence; the gate decides which servers of projects are evaluated.
 * Never throws: what is wrong is a problem of its file.
 */
export async function readClients(clients: readonly Client[], places: Places, gate: Gate): Promise<ClientFile[]> {
  const read = await Promise.all(clients.map(async (client) => await readClient(client, places, gate)))
  const files = onceEach(read.flat()).map(({ read: open }) => open())
  return withoutEchoes(withoutOverridden(files.filter(({ key, problems }) => key !== false || problems.length > 0)))
}

/** A file whose servers were not looked at yet: of a file that several clients read the gate sees the first alone. */
interface Unread {
  readonly client: Client
  readonly file: PlacedFile
  readonly read: () => ClientFile
}

async function readClient(client: Client, places: Places, gate: Gate): Promise<Unread[]> {
  const contents = await contentsOf(client, places)
  const readable = contents.flatMap((content): Content[] => ('value' in content ? [content] : []))
  const switches = await switchesOf(client, readable, places)
  const grouped = await Promise.all(
    contents.map(async (content) => ({
      content,
      groups: 'fault' in content ? [] : await groupsOf(client, content, places),
    })),
  )
  const merged = client.merges === true ? merge(grouped) : grouped
  return merged.map(({ content, groups }) => ({
    client,
    file: content.file,
    read: () => readFile(client, content, groups, { places, switches, gate }),
  }))
}

/** The switches of a client; those of a project take servers and tools of the user away, and give none back. */
async function switchesOf(client: Client, contents: readonly Content[], places: Places): Promise<Switches> {
  const all = await client.switches?.(contents, places)
  const ofUser = await client.switches?.(
    contents.filter(({ file }) => file.level === 'user'),
    places,
  )
  return (name, entry, file) => {
    const verdict = all?.(name, entry, file) ?? {}
    return file.level === 'user' ? narrower(verdict, ofUser?.(name, entry, file) ?? {}) : verdict
  }
}

function narrower(one: Verdict, other: Verdict): Verdict {
  const { include = other.include } = one
  const exclude = [...new Set([...(one.exclude ?? []), ...(other.exclude ?? [])])]
  const shown = include?.filter((tool) => other.include?.includes(tool) !== false)
  return {
    off: one.off === true || other.off === true,
    ...(shown === undefined ? {} : { include: shown }),
    ...(exclude.length === 0 ? {} : { exclude }),
  }
}

interface Grouped {
  readonly content: Read
  readonly groups: readonly Group[]
}

function readFile(client: Client, content: Read, groups: readonly Group[], around: ReaderContext): ClientFile {
  const reader = new FileReader(client, content.file, around)
  if ('fault' in content) reader.problem('', content.fault, `the configuration of ${client.title}`)
  else {
    for (const name of content.repeated.filter((repeated) => groups.some(({ path }) => isBelow(repeated, path))))
      reader.problem(name, 'stands there twice', 'one of them; the last one is used')
    reader.read(content.value, groups)
  }
  return {
    client,
    ...content.file,
    hasServers: reader.hasServers,
    servers: reader.servers,
    unset: reader.unset,
    problems: reader.problems,
  }
}

/** True for a place in a map of servers, or the map itself; other settings are the client's own matter. */
function isBelow(place: string, path: readonly string[]): boolean {
  const map = path.join('.')
  return map === '' || place === map || place.startsWith(`${map}.`)
}

/**
 * Puts entries of one name together as a client does that lets a nearer file change a server of a farther one. A file gets
 * what its own layers and those below them say: a project that is not trusted changes nothing of the user's servers, but
 * what it switches off is off.
 */
function merge(files: readonly Grouped[]): Grouped[] {
  return files.map(({ content, groups }, index) => ({
    content,
    groups: groups.map((group) => ({
      ...group,
      servers: isRecord(group.servers)
        ? mergedMap(group.servers, files.slice(index + 1), files.slice(0, index))
        : group.servers,
    })),
  }))
}

function mergedMap(
  servers: Record<string, unknown>,
  below: readonly Grouped[],
  above: readonly Grouped[],
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(servers).map(([name, entry]) => {
      const layers = [entry, ...entriesOf(name, below)].filter(isRecord)
      const isOff = entriesOf(name, above).find(
        (layer) => isSwitch(layer) && isRecord(layer) && layer['enabled'] === false,
      )
      const whole = layers.reduceRight<Record<string, unknown>>((base, layer) => mergedEntry(base, layer), {})
      return [name, isRecord(entry) ? { ...whole, ...(isOff === undefined ? {} : { enabled: false }) } : entry]
    }),
  )
}

function entriesOf(name: string, files: readonly Grouped[]): unknown[] {
  return files.flatMap(({ groups }) =>
    groups.flatMap(({ servers }) => (isRecord(servers) && Object.hasOwn(servers, name) ? [servers[name]] : [])),
  )
}

function mergedEntry(base: Record<string, unknown>, layer: Record<string, unknown>): Record<string, unknown> {
  const merged = Object.entries(layer).map(([key, value]) => {
    const below = base[key]
    return [key, isRecord(value) && isRecord(below) ? { ...below, ...value } : value]
  })
  return { ...base, ...Object.fromEntries(merged) }
}

/** A map that two clients read is the first client's. */
function onceEach(files: readonly Unread[]): Unread[] {
  const seen = new Set<string>()
  return files.filter(({ client, file }) => {
    if (file.key === false) return true
    const id = JSON.stringify([file.path, keyOf(client, file)])
    if (seen.has(id)) return false
    seen.add(id)
    return true
  })
}

/** A client's nearer file takes the place of its farther ones; a plugin with a taken name is told, where all are put together. */
function withoutOverridden(files: readonly ClientFile[]): ClientFile[] {
  const seen = new Set<string>()
  return files.map((file) => {
    const idOf = (name: string): string => JSON.stringify([file.client.name, file.owner, name])
    const servers = file.servers.filter(({ name }) => !seen.has(idOf(name)))
    for (const { name } of servers) seen.add(idOf(name))
    return { ...file, servers }
  })
}

/** One problem of one place is told once; what one client finds misplaced is not told where another finds its servers. */
function withoutEchoes(files: readonly ClientFile[]): ClientFile[] {
  const told = new Set<string>()
  const held = new Set(files.filter(({ hasServers }) => hasServers).map(({ path }) => path))
  const isNew = (problem: ConfigProblem): boolean => {
    const id = JSON.stringify([problem.file, problem.path, problem.message])
    if (told.has(id) || (problem.message === MISPLACED && held.has(problem.file))) return false
    told.add(id)
    return true
  }
  return files.map((file) => ({ ...file, problems: file.problems.filter(isNew) }))
}
