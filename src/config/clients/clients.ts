import { join } from 'node:path'
import type { Expansion } from '../expand.ts'
import type { Client, Format, PlacedFile, Places } from './client.ts'

/** Application data: `~/Library/Application Support`, `%APPDATA%` or `~/.config`. */
function appData({ platform, home, env }: Places): string {
  if (platform === 'darwin') return join(home, 'Library', 'Application Support')
  if (platform === 'win32') return env['APPDATA'] ?? join(home, 'AppData', 'Roaming')
  return env['XDG_CONFIG_HOME'] ?? join(home, '.config')
}

function dotConfig({ home, env }: Places): string {
  return env['XDG_CONFIG_HOME'] ?? join(home, '.config')
}

interface Row {
  readonly project?: readonly string[]
  readonly user: (places: Places) => readonly string[]
  readonly key?: readonly string[]
  readonly format?: Format
  readonly expansion?: Expansion
  readonly entry?: Client['entry']
}

const inHome =
  (...path: string[]): Row['user'] =>
  (places) => [join(places.home, ...path)]
const inAppData =
  (...path: string[]): Row['user'] =>
  (places) => [join(appData(places), ...path)]

const ROWS: Readonly<Record<string, readonly [title: string, row: Row]>> = {
  'claude-desktop': ['Claude Desktop', { user: inAppData('Claude', 'claude_desktop_config.json') }],
  'claude-code': ['Claude Code', { project: ['.mcp.json'], user: inHome('.claude.json'), entry: 'typed' }],
  cursor: ['Cursor', { project: ['.cursor/mcp.json'], user: inHome('.cursor', 'mcp.json') }],
  vscode: [
    'VS Code',
    { project: ['.vscode/mcp.json'], user: inAppData('Code', 'User', 'mcp.json'), key: ['servers'], entry: 'typed' },
  ],
  'copilot-cli': [
    'Copilot CLI',
    { project: ['.github/mcp.json'], user: inHome('.copilot', 'mcp-config.json'), entry: 'typed' },
  ],
  windsurf: ['Windsurf', { user: inHome('.codeium', 'windsurf', 'mcp_config.json') }],
  codex: [
    'Codex',
    {
      project: ['.codex/config.toml'],
      user: ({ home, env }) => [join(env['CODEX_HOME'] ?? join(home, '.codex'), 'config.toml')],
      key: ['mcp_servers'],
      format: 'toml',
      expansion: 'none',
    },
  ],
  'gemini-cli': [
    'Gemini CLI',
    { project: ['.gemini/settings.json'], user: inHome('.gemini', 'settings.json'), expansion: 'dollar' },
  ],
  antigravity: [
    'Antigravity',
    {
      user: ({ home }) => [
        join(home, '.gemini', 'config', 'mcp_config.json'),
        join(home, '.gemini', 'antigravity', 'mcp_config.json'),
      ],
    },
  ],
  zed: [
    'Zed',
    {
      project: ['.zed/settings.json'],
      user: (places) => [
        places.platform === 'linux'
          ? join(dotConfig(places), 'zed', 'settings.json')
          : join(appData(places), 'Zed', 'settings.json'),
      ],
      key: ['context_servers'],
      entry: 'zed',
    },
  ],
  cline: [
    'Cline',
    {
      user: inAppData('Code', 'User', 'globalStorage', 'saoudrizwan.claude-dev', 'settings', 'cline_mcp_settings.json'),
    },
  ],
  'cline-cli': ['Cline CLI', { user: inHome('.cline', 'data', 'settings', 'cline_mcp_settings.json') }],
  opencode: [
    'opencode',
    {
      project: ['opencode.json', 'opencode.jsonc', '.opencode/opencode.json'],
      user: (places) => ['opencode.json', 'opencode.jsonc'].map((file) => join(dotConfig(places), 'opencode', file)),
      key: ['mcp'],
      expansion: 'curly',
      entry: 'opencode',
    },
  ],
  kilo: [
    'Kilo',
    {
      project: ['kilo.json', '.kilo/kilo.json'],
      user: inHome('.kilo', 'kilo.json'),
      key: ['mcp'],
      expansion: 'curly',
      entry: 'opencode',
    },
  ],
  goose: [
    'Goose',
    {
      user: (places) => [
        places.platform === 'win32'
          ? join(appData(places), 'Block', 'goose', 'config', 'config.yaml')
          : join(dotConfig(places), 'goose', 'config.yaml'),
      ],
      key: ['extensions'],
      format: 'yaml',
      expansion: 'none',
      entry: 'goose',
    },
  ],
  kiro: ['Kiro', { project: ['.kiro/settings/mcp.json'], user: inHome('.kiro', 'settings', 'mcp.json') }],
  'grok-build': [
    'Grok Build',
    {
      project: ['.grok/config.toml'],
      user: inHome('.grok', 'config.toml'),
      key: ['mcp_servers'],
      format: 'toml',
      expansion: 'none',
    },
  ],
  junie: ['Junie', { project: ['.junie/mcp/mcp.json'], user: inHome('.junie', 'mcp', 'mcp.json') }],
  pi: ['Pi', { project: ['.pi/mcp.json'], user: inHome('.pi', 'mcp.json') }],
  kimi: ['Kimi', { project: ['.kimi-code/mcp.json'], user: inHome('.kimi-code', 'mcp.json') }],
  mastra: ['Mastra', { project: ['.mastracode/mcp.json'], user: inHome('.mastracode', 'mcp.json') }],
  mcporter: [
    'mcporter',
    {
      project: ['config/mcporter.json'],
      user: (places) => [
        join(places.home, '.mcporter', 'mcporter.json'),
        join(places.home, '.mcporter', 'mcporter.jsonc'),
        ...['mcporter.json', 'mcporter.jsonc'].map((file) => join(dotConfig(places), 'mcporter', file)),
      ],
      expansion: 'dollar',
    },
  ],
}

/** All clients whose files are understood, in the order of precedence. */
export const CLIENTS: readonly Client[] = Object.entries(ROWS).map(([name, [title, row]]) => ({
  name,
  title,
  files: (places) => Promise.resolve(filesOf(row, places)),
  userFile: (places) => row.user(places)[0] ?? '',
  key: row.key ?? ['mcpServers'],
  format: row.format ?? 'json',
  expansion: row.expansion ?? 'braces',
  entry: row.entry ?? 'standard',
}))

function filesOf(row: Row, places: Places): PlacedFile[] {
  return [
    ...(row.project ?? []).map((file): PlacedFile => ({ path: join(places.cwd, file), level: 'project' })),
    ...row.user(places).map((path): PlacedFile => ({ path, level: 'user' })),
  ]
}
