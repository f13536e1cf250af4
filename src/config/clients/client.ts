import type { ConfigProblem, ServerConfig } from '../config.ts'
import type { Expansion } from '../expand.ts'
import type { AskedInput } from './inputs.ts'

/** Where things are on this machine. */
export interface Places {
  readonly platform: string
  readonly home: string
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Put before the paths of files that an administrator made, such as `/etc/claude-code`. @default none */
  readonly systemRoot?: string
}

export type Format = 'json' | 'toml' | 'yaml'

/** `project`: found in the working folder or above it, written by whoever made the project; `user`: this user's own. */
export type Level = 'project' | 'user'

/** A place where a client looks for servers, or for switches of servers; the file need not be there. */
export interface PlacedFile {
  readonly path: string
  readonly level: Level
  /** Path of the map of servers in this file; `false`: the file holds switches alone. @default the client's */
  readonly key?: readonly string[] | false
  /** @default the client's */
  readonly format?: Format
  /** @default the client's */
  readonly expansion?: Expansion
  /** Folder of the project that the file belongs to. @default the working folder */
  readonly folder?: string
  /** What the file belongs to inside the client: a plugin, an extension. */
  readonly owner?: string
  /** True: the servers may stand at the top of the file, without a key. @default false */
  readonly bare?: boolean
}

/** A file that was read. */
export interface Content {
  readonly file: PlacedFile
  readonly value: unknown
}

/** A map of servers in a file. */
export interface Group {
  /** Keys that lead to it. */
  readonly path: readonly string[]
  /** The map; whatever stands there. */
  readonly servers: unknown
  /** Values of the client's own placeholders, `${name}`; a list becomes several arguments. */
  readonly placeholders?: Placeholders
  /** Files of lines NAME=value that its entries may name beside the environment, the first before the others; from the file's folder. */
  readonly variableFiles?: readonly string[]
  /** What the client asks a person for, beside the `inputs` of the file. */
  readonly inputs?: readonly AskedInput[]
  /** The name by which the client's switches know a server of this group. @default its name */
  readonly knownAs?: (name: string) => string
}

export type Placeholders = Readonly<Record<string, string | readonly string[]>>

/** What a client's switches say about one server. */
export interface Verdict {
  /** The client does not start the server. */
  readonly off?: boolean
  /** Tools to show alone, and tools to hide; `*` matches any text. */
  readonly include?: readonly string[]
  readonly exclude?: readonly string[]
}

/** Asks a client's switches for one server, by the name that the client knows it by. */
export type Switches = (name: string, entry: unknown, file: PlacedFile) => Verdict

/** Unit of the key `timeout` of an entry, and whether it bounds a call or the start. */
export type Timeout =
  | 'call-seconds'
  | 'call-milliseconds'
  | 'start-seconds'
  | 'start-milliseconds'
  | 'both-milliseconds'

/** A program that keeps MCP servers in a file of its own. */
export interface Client {
  readonly name: string
  readonly title: string
  /** Page that says where the files are and what they hold. */
  readonly source: string
  /** Project files first; the first of a kind that exists is not the only one read. */
  readonly files: (places: Places) => Promise<readonly PlacedFile[]>
  /** The user-wide file into which our entry is written. */
  readonly userFile: (places: Places) => string
  /** Why nothing can be written for this client; such a client is not offered for setup. @default it can */
  readonly unwritable?: string
  /** Path of the object that holds the servers. */
  readonly key: readonly string[]
  readonly format: Format
  readonly expansion: Expansion
  /** Spelling of variables in headers, where it differs. @default that of all texts */
  readonly headerExpansion?: Expansion
  /** How the client writes a local server. @default 'standard' */
  readonly entry?: 'standard' | 'typed' | 'opencode' | 'goose' | 'zed' | 'copilot'
  /** How the client writes a remote server; `none`: its file holds local ones alone. @default 'url' */
  readonly remote?: 'url' | 'typed' | 'serverUrl' | 'httpUrl' | 'opencode' | 'goose' | 'copilot' | 'none'
  readonly timeout?: Timeout
  /** What is read beside its files, in words for people. */
  readonly alsoReads?: string
  /** What of its files has no effect here, in words for people. */
  readonly unheeded?: string
  /** Keys of its files that change which servers are started, and that are not followed. */
  readonly unheededKeys?: readonly (readonly string[])[]
  /** Maps of servers in a file. @default the map at the file's key */
  readonly groups?: (content: Content, places: Places) => readonly Group[] | Promise<readonly Group[]>
  /** Reads the switches of all its files. @default none */
  readonly switches?: (contents: readonly Content[], places: Places) => Switches | Promise<Switches>
  /** True: entries of one name in several files are put together, key by key. @default the first is used */
  readonly merges?: boolean
}

/** A server that a client's file names, ready to be started. */
export interface FoundServer {
  readonly name: string
  /** Where it stands in the file: `mcpServers.github`. */
  readonly key: string
  readonly server: ServerConfig
}

/** A server that is left out because variables it names are not set. */
export interface Unset {
  readonly name: string
  readonly key: string
  readonly variables: readonly string[]
  /** What the client would ask a person, by variable. */
  readonly prompts: Readonly<Record<string, string>>
}

/** What one file of a client says. */
export interface ClientFile extends PlacedFile {
  readonly client: Client
  /** True where the file has a map of servers, an empty one too. */
  readonly hasServers: boolean
  readonly servers: readonly FoundServer[]
  readonly unset: readonly Unset[]
  readonly problems: readonly ConfigProblem[]
}
