import { basename, dirname, join } from 'node:path'
import { isRecord } from '../../internal/json.ts'
import { readStructured } from '../read-file.ts'
import type { Content, Group, PlacedFile, Placeholders, Places } from './client.ts'
import { appData, entriesIn, localAppData, placed } from './folders.ts'
import { at, groupAt } from './groups.ts'
import type { AskedInput } from './inputs.ts'

// Manifests: https://github.com/modelcontextprotocol/mcpb/blob/main/MANIFEST.md

/** The file of Claude Desktop, and the manifests of its extensions. */
export async function claudeDesktopFiles(places: Places): Promise<PlacedFile[]> {
  const folders = claudeDesktopFolders(places)
  const extensions = await Promise.all(
    folders.map(async (folder) => await entriesIn(join(folder, 'Claude Extensions'))),
  )
  const manifests = extensions.flat().map((extension) => join(extension, 'manifest.json'))
  return [
    ...placed(
      'user',
      folders.map((folder) => join(folder, 'claude_desktop_config.json')),
    ),
    ...manifests.flatMap((path) =>
      placed('user', [path], { key: ['server'], owner: basename(dirname(path)), expansion: 'braces' }),
    ),
  ]
}

/** On Windows the package of the store keeps its data apart. */
export function claudeDesktopFolders(places: Places): string[] {
  const folder = join(appData(places), 'Claude')
  if (places.platform !== 'win32') return [folder]
  return [folder, join(localAppData(places), 'Packages', 'Claude_pzs8sxrjxfjjc', 'LocalCache', 'Roaming', 'Claude')]
}

export async function claudeDesktopGroups(content: Content, places: Places): Promise<Group[]> {
  const { file, value } = content
  if (file.owner === undefined || !isRecord(value)) return [groupAt(content, ['mcpServers'])]
  const folder = dirname(file.path)
  const settings = await readStructured(
    join(folder, '..', '..', 'Claude Extensions Settings', `${file.owner}.json`),
    'json',
  )
  const given = settings !== undefined && 'value' in settings ? settings.value : {}
  const { placeholders, inputs } = configured(value['user_config'], at(given, ['userConfig']), fixed(folder, places))
  const name = typeof value['name'] === 'string' ? value['name'] : file.owner
  const platforms = at(value, ['compatibility', 'platforms'])
  const isOff = at(given, ['isEnabled']) === false || (Array.isArray(platforms) && !platforms.includes(places.platform))
  const entry = { ...entryOf(value, folder, places), ...(isOff ? { disabled: true } : {}) }
  return [{ path: ['server'], servers: { [name]: entry }, placeholders, inputs }]
}

function entryOf(manifest: Record<string, unknown>, folder: string, { platform }: Places): Record<string, unknown> {
  const server = isRecord(manifest['server']) ? manifest['server'] : {}
  const entry = isRecord(server['mcp_config']) ? server['mcp_config'] : runByUv(server, folder)
  const { platform_overrides: overrides, ...plain } = entry
  const override = at(overrides, [platform])
  const { description } = manifest
  return {
    ...plain,
    ...(isRecord(override) ? override : {}),
    ...(typeof description === 'string' ? { description } : {}),
  }
}

/** What the host of an extension without a command of its own starts. */
function runByUv({ type, entry_point: file }: Record<string, unknown>, folder: string): Record<string, unknown> {
  return type === 'uv' && typeof file === 'string' ? { command: 'uv', args: ['run', '--directory', folder, file] } : {}
}

function fixed(folder: string, { home, platform }: Places): Record<string, string> {
  const separator = platform === 'win32' ? '\\' : '/'
  return {
    __dirname: folder,
    HOME: home,
    DESKTOP: join(home, 'Desktop'),
    DOCUMENTS: join(home, 'Documents'),
    DOWNLOADS: join(home, 'Downloads'),
    pathSeparator: separator,
    '/': separator,
  }
}

/** What a person configured, else what the manifest presets. A value that Claude Desktop encrypts is asked for by name. */
function configured(
  wanted: unknown,
  given: unknown,
  base: Record<string, string>,
): { readonly placeholders: Placeholders; readonly inputs: readonly AskedInput[] } {
  const placeholders: Record<string, string | readonly string[]> = { ...base }
  const inputs: AskedInput[] = []
  for (const [name, option] of Object.entries(isRecord(wanted) ? wanted : {})) {
    const { default: preset, required, title } = isRecord(option) ? option : {}
    const value = isRecord(given) ? (given[name] ?? preset) : preset
    const isHidden = typeof value === 'string' && value.startsWith('__encrypted__')
    if (isHidden || (value === undefined && required === true)) {
      inputs.push({ id: name, prompt: typeof title === 'string' ? title : name })
      placeholders[`user_config.${name}`] = `\${input:${name}}`
    } else placeholders[`user_config.${name}`] = texts(value, base)
  }
  return { placeholders, inputs }
}

function texts(value: unknown, base: Record<string, string>): string | readonly string[] {
  const filled = (text: unknown): string =>
    String(text ?? '').replace(/\$\{(\w+)\}/g, (match, name: string) => base[name] ?? match)
  return Array.isArray(value) ? value.map(filled) : filled(value)
}
