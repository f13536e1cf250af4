import { readFile } from 'node:fs/promises'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { parseEnv } from 'node:util'
import { matchesGlob } from '../../internal/glob.ts'
import type { Content, Group, PlacedFile, Places, Switches } from './client.ts'
import { entriesIn, named, placed, systemFolder } from './folders.ts'
import { at, groupAt } from './groups.ts'
import { deniedTools } from './tool-rules.ts'

// https://geminicli.com/docs/tools/mcp-server, https://geminicli.com/docs/extensions/reference;
// Qwen Code kept the format: https://github.com/QwenLM/qwen-code/blob/main/docs/users/features/mcp.md

/** Gemini CLI, and what was made from it. */
export interface GeminiKind {
  /** `.gemini` */
  readonly folder: string
  /** `gemini-cli`, of the administrator's folder. */
  readonly system: string
  readonly mac: string
  /** `gemini-extension.json` */
  readonly manifest: string
}

export const GEMINI: GeminiKind = {
  folder: '.gemini',
  system: 'gemini-cli',
  mac: 'GeminiCli',
  manifest: 'gemini-extension.json',
}

export const QWEN: GeminiKind = {
  folder: '.qwen',
  system: 'qwen-code',
  mac: 'QwenCode',
  manifest: 'qwen-extension.json',
}

/** The user's folder; Gemini CLI lets it be moved. */
export function geminiFolder({ folder }: GeminiKind, places: Places): string {
  const moved = folder === '.gemini' ? named(places, 'GEMINI_CLI_HOME') : undefined
  return join(moved ?? places.home, folder)
}

/** In the order of precedence: the administrator's, the project's, the user's, extensions; and the file of switches. */
export async function geminiFiles(kind: GeminiKind, places: Places): Promise<PlacedFile[]> {
  const folder = geminiFolder(kind, places)
  const system = systemFolder(
    places,
    `/etc/${kind.system}`,
    `/Library/Application Support/${kind.mac}`,
    `C:\\ProgramData\\${kind.system}`,
  )
  const extensions = await entriesIn(join(folder, 'extensions'))
  return [
    ...placed('user', [join(system, 'settings.json')]),
    ...placed('project', [join(places.cwd, kind.folder, 'settings.json')]),
    ...placed('user', [join(folder, 'settings.json'), join(system, 'system-defaults.json')]),
    ...extensions.flatMap((path) =>
      placed('user', [join(path, kind.manifest)], { owner: basename(path), key: ['mcpServers'] }),
    ),
    ...placed(
      'user',
      [join(folder, 'mcp-server-enablement.json'), join(folder, 'extensions', 'extension-enablement.json')],
      {
        key: false,
      },
    ),
  ]
}

export async function geminiGroups(content: Content, { cwd }: Places): Promise<Group[]> {
  const { file, value } = content
  const map = groupAt(content, ['mcpServers'])
  if (file.owner !== undefined) {
    const folder = dirname(file.path)
    const placeholders = { extensionPath: folder, workspacePath: cwd, '/': sep, pathSeparator: sep }
    return [{ ...map, placeholders: { ...(await ownVariables(folder)), ...placeholders } }]
  }
  const command = at(value, ['mcp', 'serverCommand'])
  return typeof command === 'string' ? [map, { path: ['mcp', 'serverCommand'], servers: { mcp: { command } } }] : [map]
}

/** What a person gave an extension on its installation; secrets are in the keychain. */
async function ownVariables(folder: string): Promise<Record<string, string>> {
  const text = await readFile(join(folder, '.env'), 'utf8').catch(() => '')
  return parseEnv(text) as Record<string, string>
}

export function geminiSwitches(contents: readonly Content[], { cwd }: Places): Switches {
  const settings = contents.filter(({ file }) => file.key === undefined).map(({ value }) => value)
  const excluded = settings.flatMap((value) => names(at(value, ['mcp', 'excluded'])) ?? [])
  const allowed = settings.map((value) => names(at(value, ['mcp', 'allowed']))).find((list) => list !== undefined)
  const isClosed = settings.some((value) => at(value, ['admin', 'mcp', 'enabled']) === false)
  const byName = valueOf(contents, 'mcp-server-enablement.json')
  const extensions = valueOf(contents, 'extension-enablement.json')
  const forbidden = settings.flatMap((value) =>
    [at(value, ['permissions', 'deny']), at(value, ['tools', 'exclude'])].flatMap((rules) => names(rules) ?? []),
  )
  return (name, _entry, { owner }) => {
    const tools = deniedTools(forbidden, name)
    const known = name.toLowerCase().trim()
    const isIn = (list: readonly string[]): boolean =>
      list.some((pattern) => pattern === '*' || matchesGlob(pattern.toLowerCase().trim(), known))
    return {
      ...tools,
      off:
        tools.off ||
        isClosed ||
        isIn(excluded) ||
        (allowed !== undefined && !isIn(allowed)) ||
        at(byName, [known, 'enabled']) === false ||
        (owner !== undefined && isExtensionOff(at(extensions, [owner, 'overrides']), cwd)),
    }
  }
}

function names(value: unknown): string[] | undefined {
  return Array.isArray(value) ? value.filter((name) => typeof name === 'string') : undefined
}

function valueOf(contents: readonly Content[], name: string): unknown {
  return contents.find(({ file }) => basename(file.path) === name)?.value
}

/** Rules are paths with `!` before what is off and `*` behind what holds for folders below too; the last that fits counts. */
function isExtensionOff(overrides: unknown, cwd: string): boolean {
  const here = `${resolve(cwd).replaceAll('\\', '/')}/`
  const fitting = (names(overrides) ?? []).findLast((rule) => {
    const path = rule.replace(/^!/, '')
    const folder = path.endsWith('*') ? path.slice(0, -1) : path
    const whole = folder.endsWith('/') ? folder : `${folder}/`
    return path.endsWith('*') ? here.startsWith(whole) : here === whole
  })
  return fitting?.startsWith('!') === true
}
