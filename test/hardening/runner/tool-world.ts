import { type Catalog, type CatalogTool } from '../../../src/catalog/catalog.ts'
import { declarations } from '../../../src/catalog/declarations.ts'
import { createCatalog } from '../../../src/catalog/snapshot.ts'
import { createValidator } from '../../../src/catalog/validate.ts'
import { type GuestFunction, type SandboxImage } from '../../../src/sandbox/sandbox.ts'
import { stripTypes } from '../../../src/sandbox/guest/strip-types.ts'
import { type Connection } from '../../../src/upstream/connection.ts'
import { fetchToolList } from '../../../src/upstream/tool-list.ts'
import { type HostileCase, toolDefinitions } from '../hostile-case.ts'
import { callHostTool, HOST_TOOLS } from './host-tools.ts'

/** What a case finds below `tools`, and what answers it. */
export interface ToolWorld {
  readonly image: SandboxImage
  readonly typings: string
  /** Why the definitions were not taken in as they must be. */
  readonly problems: readonly string[]
  call(name: string, list: readonly unknown[]): Promise<unknown>
}

/**
 * Definitions of a case take two ways: raw names go straight to the sandbox as `tools.NAME`, so that its own rules for
 * names are tried; and what an upstream and the catalog take of them becomes `tools.hostile.KEY`, with declarations and validated arguments.
 */
export async function toolWorld(hostile: HostileCase, port: number): Promise<ToolWorld> {
  const definitions = toolDefinitions(hostile, port)
  if (definitions.length === 0) return PLAIN
  const { tools: listed } = await fetchToolList(serverOf(definitions), REQUEST)
  const catalog = createCatalog({
    servers: [{ name: 'hostile', state: 'ready', tools: listed }],
    intents: [],
  })
  const typings = declarations(catalog)
  const tools = [...catalog.tools.values()]
  const byName = new Map(tools.flatMap((tool) => [tool.tool, tool.id].map((name) => [name, tool] as const)))
  for (const name of HOST_TOOLS) byName.delete(name)
  const { validate } = createValidator()
  return {
    image: {
      version: `hostile ${hostile.id}`,
      functions: [
        ...[...HOST_TOOLS, ...rawNames(definitions)].map(flat),
        ...tools.map(({ id, key }) => ({ path: ['tools', 'hostile', key], name: id, spread: true })),
      ],
      modules: [],
    },
    typings,
    problems: [...codeIn(typings), ...unsafeKeys(catalog)],
    async call(name, list) {
      checkArguments(byName.get(name), list[0], validate)
      return await callHostTool(name, list)
    },
  }
}

const PLAIN: ToolWorld = {
  image: { version: 'hostile', functions: HOST_TOOLS.map(flat), modules: [] },
  typings: '',
  problems: [],
  call: callHostTool,
}

const REQUEST = { signal: new AbortController().signal, timeoutMs: 1_000, maxTotalMs: 1_000 }

function serverOf(tools: readonly unknown[]): Connection {
  return { request: async () => ({ tools }), close: async () => {}, protocolVersion: '', problems: () => [] }
}

function flat(name: string): GuestFunction {
  return { path: ['tools', name], name, spread: true }
}

function rawNames(definitions: readonly unknown[]): string[] {
  return definitions.flatMap((definition) => {
    const name: unknown = (definition as { name?: unknown } | null)?.name
    return typeof name === 'string' ? [name] : []
  })
}

function checkArguments(
  tool: CatalogTool | undefined,
  value: unknown,
  validate: ReturnType<typeof createValidator>['validate'],
): void {
  const problem = tool === undefined ? undefined : validate(tool.inputSchema, value)
  if (problem !== undefined) throw new Error(problem.message)
}

/** Declarations are types alone: whatever is left without them came out of a definition. */
function codeIn(typings: string): string[] {
  const stripped = stripTypes(typings, 'module')
  if (!stripped.ok) return [`typings do not parse: ${stripped.message}`]
  const code = stripped.code.replace(/\/\*[^]*?\*\/|\/\/.*|"use strict";?|\s+/g, '')
  return code === '' ? [] : [`typings hold code: ${code.slice(0, 80)}`]
}

function unsafeKeys(catalog: Catalog): string[] {
  return [...catalog.tools.values()].flatMap(({ key }) =>
    /^[A-Za-z_]\w{0,79}$/.test(key) ? [] : [`unsafe key ${key}`],
  )
}
