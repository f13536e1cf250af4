import type { ConfigProblem, ServerConfig } from '../config.ts'
import type { Expansion } from '../expand.ts'

/** Where things are on this machine. */
export interface Places {
  readonly platform: string
  readonly home: string
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
}

export type Format = 'json' | 'toml' | 'yaml'

/** `project`: found in the working folder or above it, written by whoever made the project; `user`: this user's own. */
export type Level = 'project' | 'user'

/** A place where a client looks for servers; the file need not be there. */
export interface PlacedFile {
  readonly path: string
  readonly level: Level
}

/** A program that keeps MCP servers in a file of its own. */
export interface Client {
  readonly name: string
  readonly title: string
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
  /** How the client writes a local server. @default 'standard' */
  readonly entry?: 'standard' | 'typed' | 'opencode' | 'goose' | 'zed'
}

/** A server that a client's file names, ready to be started. */
export interface FoundServer {
  readonly name: string
  /** Where it stands in the file: `mcpServers.github`. */
  readonly key: string
  readonly server: ServerConfig
}

/** What one file of a client says. */
export interface ClientFile extends PlacedFile {
  readonly client: Client
  /** True where the file has a map of servers, an empty one too. */
  readonly hasServers: boolean
  readonly servers: readonly FoundServer[]
  readonly problems: readonly ConfigProblem[]
}
