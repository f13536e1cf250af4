import { dirname, join, resolve } from 'node:path'
import { isRecord } from '../../internal/json.ts'
import { matchesGlob } from '../../internal/glob.ts'
import { readStructured } from '../read-file.ts'
import type { Content, Group, PlacedFile, Places, Switches } from './client.ts'
import { foldersAbove, named, placed, repositoryOf, systemFolder } from './folders.ts'
import { at, groupAt } from './groups.ts'
import { deniedTools } from './tool-rules.ts'

// Files and switches: https://code.claude.com/docs/en/mcp, https://code.claude.com/docs/en/settings,
// https://code.claude.com/docs/en/plugins-reference; checked against Claude Code 2.1.

/** The user's own file. */
export function claudeUserFile(places: Places): string {
  return join(named(places, 'CLAUDE_CONFIG_DIR') ?? places.home, '.claude.json')
}

/** In the order of precedence: managed, local, project from the nearest folder on, user, plugins; and the settings. */
export async function claudeCodeFiles(places: Places): Promise<PlacedFile[]> {
  const user = claudeUserFile(places)
  const settings = [
    ...projectFolders(places).flatMap((folder) =>
      placed(
        'project',
        ['settings.local.json', 'settings.json'].map((name) => join(folder, '.claude', name)),
        { key: false },
      ),
    ),
    ...placed(
      'user',
      [join(claudeFolder(places), 'settings.json'), join(managedFolder(places), 'managed-settings.json')],
      {
        key: false,
      },
    ),
  ]
  return [
    ...placed('user', [managedFile(places)]),
    ...projectKeys(places).flatMap((folder) => placed('user', [user], { key: ['projects', folder, 'mcpServers'] })),
    ...foldersAbove(places).flatMap((folder) => placed('project', [join(folder, '.mcp.json')], { folder })),
    ...placed('user', [user]),
    ...(await pluginFiles(places)),
    ...settings,
  ]
}

function claudeFolder(places: Places): string {
  return named(places, 'CLAUDE_CONFIG_DIR') ?? join(places.home, '.claude')
}

/** Claude Code keeps what belongs to a project under the root of its repository. */
function projectFolders(places: Places): string[] {
  return [...new Set([resolve(places.cwd), repositoryOf(places) ?? resolve(places.cwd)])]
}

/** Names of projects in the user's file, which on Windows are spelled with slashes. */
function projectKeys(places: Places): string[] {
  return [...new Set(projectFolders(places).flatMap((folder) => [folder, folder.replaceAll('\\', '/')]))]
}

function managedFolder(places: Places): string {
  return systemFolder(
    places,
    '/etc/claude-code',
    '/Library/Application Support/ClaudeCode',
    'C:\\Program Files\\ClaudeCode',
  )
}

function managedFile(places: Places): string {
  return join(managedFolder(places), 'managed-mcp.json')
}

/** Files of the plugins that are installed for this user or this project. */
async function pluginFiles(places: Places): Promise<PlacedFile[]> {
  const content = await readStructured(join(claudeFolder(places), 'plugins', 'installed_plugins.json'), 'json')
  const plugins = content !== undefined && 'value' in content ? at(content.value, ['plugins']) : undefined
  const above = foldersAbove(places)
  return Object.entries(isRecord(plugins) ? plugins : {}).flatMap(([id, installed]) =>
    (Array.isArray(installed) ? installed : [installed]).flatMap((one: unknown) => {
      const { installPath, scope, projectPath } = isRecord(one) ? one : {}
      if (typeof installPath !== 'string') return []
      if (typeof projectPath === 'string' && !above.includes(projectPath)) return []
      const level = scope === 'project' ? 'project' : 'user'
      return [
        ...placed(level, [join(installPath, '.mcp.json')], { owner: id, folder: installPath, bare: true }),
        ...placed(level, [join(installPath, '.claude-plugin', 'plugin.json')], {
          owner: id,
          folder: installPath,
          key: ['mcpServers'],
        }),
      ]
    }),
  )
}

export async function claudeCodeGroups(content: Content, places: Places): Promise<Group[]> {
  const { file, value } = content
  if (file.owner === undefined)
    return [groupAt(content, file.key === false || file.key === undefined ? ['mcpServers'] : file.key)]
  const [plugin = file.owner] = file.owner.split('@')
  const root = file.folder ?? dirname(file.path)
  const shared = {
    placeholders: {
      CLAUDE_PLUGIN_ROOT: root,
      CLAUDE_PLUGIN_DATA: join(claudeFolder(places), 'plugins', 'data', file.owner.replace(/[^\w-]/g, '-')),
      CLAUDE_PROJECT_DIR: places.cwd,
      ...(await pluginOptions(file.owner, places)),
    },
    knownAs: (name: string): string => `plugin:${plugin}:${name}`,
  }
  const servers = at(value, ['mcpServers'])
  const listed: unknown[] = Array.isArray(servers) ? servers : [servers]
  const groups = await Promise.all(
    listed.map(async (one) => (typeof one === 'string' ? await namedFile(root, one) : groupOf(content, one))),
  )
  return groups.map((group) => ({ ...group, ...shared }))
}

function groupOf(content: Content, servers: unknown): Group {
  return servers === undefined ? groupAt(content, ['mcpServers']) : { path: ['mcpServers'], servers }
}

/** Servers of a file that a plugin names by its path. */
async function namedFile(root: string, name: string): Promise<Group> {
  const path = join(root, name)
  const content = await readStructured(path, 'json')
  if (content === undefined || 'fault' in content) return { path: ['mcpServers', name], servers: undefined }
  return groupAt({ file: { path, level: 'user', bare: true }, value: content.value }, ['mcpServers'])
}

/** What the user configured for a plugin; secrets are in the client's own store. */
async function pluginOptions(id: string, places: Places): Promise<Record<string, string>> {
  const content = await readStructured(join(claudeFolder(places), 'settings.json'), 'json')
  const options = content !== undefined && 'value' in content ? at(content.value, ['pluginConfigs', id, 'options']) : {}
  return Object.fromEntries(
    Object.entries(isRecord(options) ? options : {}).map(([name, value]) => [`user_config.${name}`, String(value)]),
  )
}

export function claudeCodeSwitches(contents: readonly Content[], places: Places): Switches {
  const settings = contents.filter(({ file }) => file.key === false).map(({ value }) => value)
  const state = contents.find(({ file }) => file.path === claudeUserFile(places))?.value
  const projects = projectKeys(places).map((folder) => at(state, ['projects', folder]))
  const all = [...settings, ...projects]
  const disabled = new Set(listed(projects, 'disabledMcpServers'))
  const rejected = new Set(listed(all, 'disabledMcpjsonServers'))
  const approved = new Set(listed(all, 'enabledMcpjsonServers'))
  const isOpen = approved.size === 0 || all.some((value) => at(value, ['enableAllProjectMcpServers']) === true)
  const denied = rules(settings, 'deniedMcpServers') ?? []
  const allowed = rules(settings, 'allowedMcpServers')
  const managed = contents.find(({ file }) => file.path === managedFile(places))
  const isSwitchedOff = (name: string, entry: unknown, file: PlacedFile): boolean => {
    // With a file of the administrator no other server is loaded.
    if (managed !== undefined) return file.path !== managed.file.path
    if (disabled.has(name) || denied.some((rule) => applies(rule, name, entry))) return true
    if (allowed !== undefined && !allowed.some((rule) => applies(rule, name, entry))) return true
    if (file.owner !== undefined) return isPluginOff(settings, file.owner)
    return file.level === 'project' && (rejected.has(name) || !(isOpen || approved.has(name)))
  }
  const forbidden = listed(
    settings.map((value) => at(value, ['permissions'])),
    'deny',
  )
  return (name, entry, file) => {
    const tools = deniedTools(forbidden, name)
    return { ...tools, off: tools.off || isSwitchedOff(name, entry, file) }
  }
}

function listed(values: readonly unknown[], key: string): string[] {
  return values.flatMap((value) => {
    const list = at(value, [key])
    return Array.isArray(list) ? list.filter((name) => typeof name === 'string') : []
  })
}

function rules(settings: readonly unknown[], key: string): unknown[] | undefined {
  const lists = settings.map((value) => at(value, [key])).filter((list) => Array.isArray(list))
  return lists.length === 0 ? undefined : lists.flat()
}

/** True where a rule names the server, its command line, or its address. */
function applies(rule: unknown, name: string, entry: unknown): boolean {
  if (!isRecord(rule)) return false
  const { serverName, serverCommand, serverUrl } = rule
  const { command, args, url } = isRecord(entry) ? entry : {}
  if (Array.isArray(serverCommand))
    return JSON.stringify(serverCommand) === JSON.stringify([command, ...(Array.isArray(args) ? args : [])])
  if (typeof serverUrl === 'string') return typeof url === 'string' && matchesGlob(serverUrl, url)
  return serverName === name
}

/** The nearest setting counts: those of the project come before the user's. */
function isPluginOff(settings: readonly unknown[], id: string): boolean {
  const path = ['enabledPlugins', id]
  return settings.map((value) => at(value, path)).find((value) => value !== undefined) === false
}
