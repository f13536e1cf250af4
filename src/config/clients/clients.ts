import { join } from 'node:path'
import { agentFiles, agentSwitches } from './agents.ts'
import { ampSwitches } from './amp.ts'
import { claudeCodeFiles, claudeCodeGroups, claudeCodeSwitches, claudeUserFile } from './claude-code.ts'
import { claudeDesktopFiles, claudeDesktopFolders, claudeDesktopGroups } from './claude-desktop.ts'
import type { Client, PlacedFile, Places } from './client.ts'
import { continueFiles, continueGroups } from './continue.ts'
import { copilotFolder, copilotSwitches } from './copilot.ts'
import { crushGroups } from './crush.ts'
import { dockerFiles, dockerGroups } from './docker.ts'
import {
  appData,
  dotConfig,
  editorFolders,
  existing,
  foldersAbove,
  localAppData,
  named,
  placed,
  systemFolder,
} from './folders.ts'
import { GEMINI, geminiFiles, geminiFolder, geminiGroups, geminiSwitches, QWEN } from './gemini.ts'
import { byNameGroups } from './lists.ts'
import {
  kiloFiles,
  kiloUserFiles,
  opencodeFiles,
  opencodeGroups,
  opencodeSwitches,
  opencodeUserFiles,
} from './opencode.ts'
import { vscodeFiles, vscodeGroups, vscodeSwitches, vscodeUserFile } from './vscode.ts'
import { zedSwitches } from './zed.ts'

/** A client of the table; what is not said is as most clients have it. */
interface Row extends Partial<Omit<Client, 'name' | 'title' | 'source' | 'files' | 'userFile'>> {
  readonly title: string
  readonly source: string
  /** Files in the working folder. */
  readonly project?: readonly string[]
  /** True: project files are looked for in the folders above too. @default false */
  readonly above?: boolean
  /** Files of the user; the first that is there is written, else the first. */
  readonly user: (places: Places) => readonly string[]
  /** Further files of the user. */
  readonly more?: (places: Places) => readonly PlacedFile[] | Promise<readonly PlacedFile[]>
  /** All files, where they are no plain list. */
  readonly files?: (places: Places) => readonly PlacedFile[] | Promise<readonly PlacedFile[]>
}

const inHome =
  (...path: string[]): Row['user'] =>
  ({ home }) => [join(home, ...path)]
/** A file that an extension keeps in each editor made from VS Code. */
const inEditors =
  (...path: string[]): Row['user'] =>
  (places) =>
    editorFolders(places).map((folder) => join(folder, 'globalStorage', ...path))
const inFolderOf =
  (variable: string, fallback: readonly string[], ...path: string[]): Row['user'] =>
  (places) => [join(named(places, variable) ?? join(places.home, ...fallback), ...path)]

const APPROVALS = 'approvals of tools'
const STATE = `${APPROVALS}; what was switched off by a click, which the client keeps in a database of its own`

const ROWS: Readonly<Record<string, Row>> = {
  'claude-desktop': {
    title: 'Claude Desktop',
    alsoReads: 'extensions: `Claude Extensions/*/manifest.json` with their `Claude Extensions Settings/*.json`',
    source: 'https://modelcontextprotocol.io/docs/develop/connect-local-servers',
    user: (places) => claudeDesktopFolders(places).map((folder) => join(folder, 'claude_desktop_config.json')),
    files: claudeDesktopFiles,
    groups: claudeDesktopGroups,
    expansion: 'none',
    remote: 'none',
    unheeded: 'connectors of the account; values of extensions that are kept encrypted are asked for by name',
  },
  'claude-code': {
    title: 'Claude Code',
    alsoReads:
      'plugins that `~/.claude/plugins/installed_plugins.json` names: `.mcp.json`, `.claude-plugin/plugin.json`; `.mcp.json` of all folders above; `CLAUDE_CONFIG_DIR`',
    source: 'https://code.claude.com/docs/en/mcp',
    user: (places) => [claudeUserFile(places)],
    files: claudeCodeFiles,
    groups: claudeCodeGroups,
    switches: claudeCodeSwitches,
    entry: 'typed',
    remote: 'typed',
    timeout: 'call-milliseconds',
    unheeded: '`headersHelper`, `ws`, connectors of the account, secrets of plugins',
  },
  cursor: {
    title: 'Cursor',
    source: 'https://cursor.com/docs/context/mcp',
    project: ['.cursor/mcp.json'],
    user: inHome('.cursor', 'mcp.json'),
    unheeded: `\`auth\`; ${STATE}`,
  },
  vscode: {
    title: 'VS Code',
    alsoReads: '`profiles/*/mcp.json` and `profiles/*/settings.json` beside it, `*.code-workspace`',
    source: 'https://code.visualstudio.com/docs/copilot/reference/mcp-configuration',
    user: (places) => [vscodeUserFile('Code', places)],
    files: (places) => vscodeFiles('Code', places),
    groups: vscodeGroups,
    switches: vscodeSwitches,
    key: ['servers'],
    entry: 'typed',
    remote: 'typed',
    unheeded: `\`sandbox\`, \`unix:\` and \`pipe:\` addresses; ${STATE}`,
  },
  'vscode-insiders': {
    title: 'VS Code Insiders',
    alsoReads: 'as VS Code',
    source: 'https://code.visualstudio.com/docs/copilot/reference/mcp-configuration',
    user: (places) => [vscodeUserFile('Code - Insiders', places)],
    files: (places) => vscodeFiles('Code - Insiders', places),
    groups: vscodeGroups,
    switches: vscodeSwitches,
    key: ['servers'],
    entry: 'typed',
    remote: 'typed',
    unheeded: 'as VS Code',
  },
  'copilot-cli': {
    title: 'Copilot CLI',
    alsoReads: 'folders above; `COPILOT_HOME`',
    source: 'https://docs.github.com/en/copilot/how-tos/copilot-cli/customize-copilot/add-mcp-servers',
    user: (places) => [join(copilotFolder(places), 'mcp-config.json')],
    files: (places) => [
      ...foldersAbove(places).flatMap((folder) =>
        placed('project', [join(folder, '.mcp.json'), join(folder, '.github', 'mcp.json')], { folder, bare: true }),
      ),
      ...placed('user', [join(copilotFolder(places), 'mcp-config.json')]),
      ...placed('user', [join(copilotFolder(places), 'settings.json')], { key: false }),
    ],
    switches: copilotSwitches,
    expansion: 'dollar',
    entry: 'copilot',
    remote: 'copilot',
    timeout: 'call-milliseconds',
    unheeded: 'servers of its plugins',
  },
  'copilot-jetbrains': {
    title: 'Copilot in JetBrains IDEs',
    source: 'https://github.com/microsoft/apm/issues/1225',
    user: (places) => [
      join(
        places.platform === 'win32' ? localAppData(places) : dotConfig(places),
        'github-copilot',
        'intellij',
        'mcp.json',
      ),
    ],
    key: ['servers'],
    entry: 'typed',
    unheeded: STATE,
  },
  windsurf: {
    title: 'Windsurf',
    source: 'https://docs.windsurf.com/windsurf/cascade/mcp',
    user: ({ home }) => [
      join(home, '.codeium', 'windsurf', 'mcp_config.json'),
      join(home, '.codeium', 'mcp_config.json'),
    ],
    remote: 'serverUrl',
    unheeded: APPROVALS,
  },
  codex: {
    title: 'Codex',
    alsoReads: 'folders above; `CODEX_HOME`',
    source: 'https://github.com/openai/codex/blob/main/codex-rs/config/src/mcp_types.rs',
    project: ['.codex/config.toml'],
    above: true,
    user: inFolderOf('CODEX_HOME', ['.codex'], 'config.toml'),
    more: (places) =>
      placed('user', [
        join(systemFolder(places, '/etc/codex', '/etc/codex', 'C:\\ProgramData\\OpenAI\\Codex'), 'config.toml'),
      ]),
    key: ['mcp_servers'],
    format: 'toml',
    expansion: 'none',
    unheeded: `\`experimental_environment\`, servers of plugins, ${APPROVALS}`,
  },
  'gemini-cli': {
    title: 'Gemini CLI',
    alsoReads: '`~/.gemini/extensions/*/gemini-extension.json`; `GEMINI_CLI_HOME`',
    source: 'https://geminicli.com/docs/tools/mcp-server',
    user: (places) => [join(geminiFolder(GEMINI, places), 'settings.json')],
    files: (places) => geminiFiles(GEMINI, places),
    groups: geminiGroups,
    switches: geminiSwitches,
    expansion: 'dollar',
    remote: 'httpUrl',
    timeout: 'call-milliseconds',
    unheeded: '`authProviderType`, `trust`',
  },
  'qwen-code': {
    title: 'Qwen Code',
    alsoReads: '`~/.qwen/extensions/*/qwen-extension.json`',
    source: 'https://github.com/QwenLM/qwen-code/blob/main/docs/users/features/mcp.md',
    user: (places) => [join(geminiFolder(QWEN, places), 'settings.json')],
    files: (places) => geminiFiles(QWEN, places),
    groups: geminiGroups,
    switches: geminiSwitches,
    expansion: 'dollar',
    remote: 'httpUrl',
    timeout: 'call-milliseconds',
    unheeded: '`trust`',
  },
  antigravity: {
    title: 'Antigravity',
    source: 'https://antigravity.google/docs/mcp',
    user: ({ home }) => [
      join(home, '.gemini', 'config', 'mcp_config.json'),
      join(home, '.gemini', 'antigravity', 'mcp_config.json'),
    ],
    remote: 'serverUrl',
    unheeded: '`authProviderType`',
  },
  zed: {
    title: 'Zed',
    source: 'https://zed.dev/docs/ai/mcp',
    project: ['.zed/settings.json'],
    user: (places) => [
      places.platform === 'linux'
        ? join(dotConfig(places), 'zed', 'settings.json')
        : // On macOS Zed keeps its settings below ~/.config.
          existing([join(appData(places), 'Zed', 'settings.json'), join(dotConfig(places), 'zed', 'settings.json')]),
    ],
    switches: zedSwitches,
    key: ['context_servers'],
    entry: 'zed',
    timeout: 'call-milliseconds',
    unheeded: 'servers of Zed extensions, which only Zed can start; approvals of tools',
  },
  cline: {
    title: 'Cline',
    alsoReads: 'the same in VS Code Insiders, VSCodium, Cursor, Windsurf, Trae, Antigravity',
    source: 'https://docs.cline.bot/mcp/configuring-mcp-servers',
    user: inEditors('saoudrizwan.claude-dev', 'settings', 'cline_mcp_settings.json'),
    timeout: 'call-seconds',
    unheeded: APPROVALS,
  },
  'cline-cli': {
    title: 'Cline CLI',
    alsoReads: '`CLINE_DIR`',
    source: 'https://github.com/neon-solutions/add-mcp',
    user: inFolderOf('CLINE_DIR', ['.cline'], 'data', 'settings', 'cline_mcp_settings.json'),
    timeout: 'call-seconds',
    unheeded: APPROVALS,
  },
  roo: {
    title: 'Roo Code',
    alsoReads: 'the same in VS Code Insiders, VSCodium, Cursor, Windsurf, Trae, Antigravity',
    source: 'https://docs.roocode.com/features/mcp/using-mcp-in-roo',
    project: ['.roo/mcp.json'],
    user: inEditors('rooveterinaryinc.roo-cline', 'settings', 'mcp_settings.json'),
    timeout: 'call-seconds',
    remote: 'typed',
    unheeded: APPROVALS,
  },
  opencode: {
    title: 'opencode',
    alsoReads: 'folders above; `OPENCODE_CONFIG`, `OPENCODE_CONFIG_DIR`; servers below `mcp.servers` too',
    source: 'https://opencode.ai/docs/mcp-servers',
    user: opencodeUserFiles,
    files: opencodeFiles,
    groups: opencodeGroups,
    switches: opencodeSwitches,
    merges: true,
    key: ['mcp'],
    expansion: 'curly',
    entry: 'opencode',
    remote: 'opencode',
    timeout: 'both-milliseconds',
    unheeded: 'tools that single agents have',
  },
  kilo: {
    title: 'Kilo',
    alsoReads: 'folders above',
    source: 'https://kilo.ai/docs/automate/mcp/using-in-kilo-code',
    user: kiloUserFiles,
    files: kiloFiles,
    groups: opencodeGroups,
    switches: opencodeSwitches,
    merges: true,
    key: ['mcp'],
    expansion: 'curly',
    entry: 'opencode',
    remote: 'opencode',
    timeout: 'start-milliseconds',
    unheeded: APPROVALS,
  },
  goose: {
    title: 'Goose',
    source: 'https://github.com/block/goose/blob/main/crates/goose/src/agents/extension.rs',
    user: (places) => [
      places.platform === 'win32'
        ? join(appData(places), 'Block', 'goose', 'config', 'config.yaml')
        : join(dotConfig(places), 'goose', 'config.yaml'),
    ],
    key: ['extensions'],
    format: 'yaml',
    expansion: 'none',
    headerExpansion: 'dollar',
    entry: 'goose',
    remote: 'goose',
    timeout: 'call-seconds',
    unheeded: 'extensions that run inside Goose; values of `env_keys` in the keychain',
  },
  kiro: {
    title: 'Kiro',
    alsoReads: 'agents: `agents/*.json` in `./.kiro` and `~/.kiro`',
    source: 'https://kiro.dev/docs/mcp/configuration',
    user: inHome('.kiro', 'settings', 'mcp.json'),
    files: async ({ cwd, home }) => [
      ...placed('project', [join(cwd, '.kiro', 'settings', 'mcp.json')]),
      ...(await agentFiles('project', join(cwd, '.kiro', 'agents'))),
      ...placed('user', [join(home, '.kiro', 'settings', 'mcp.json')]),
      ...placed('user', [join(home, '.kiro', 'settings', 'mcp.json')], { key: ['powers', 'mcpServers'] }),
      ...(await agentFiles('user', join(home, '.kiro', 'agents'))),
    ],
    switches: agentSwitches,
    timeout: 'call-milliseconds',
    unheeded: APPROVALS,
  },
  'amazon-q': {
    title: 'Amazon Q',
    alsoReads: 'agents: `agents/*.json`, `cli-agents/*.json` beside its files',
    source: 'https://github.com/aws/amazon-q-developer-cli/blob/main/docs/agent-format.md',
    user: inHome('.aws', 'amazonq', 'mcp.json'),
    files: async ({ cwd, home }) => {
      const [here, user] = [join(cwd, '.amazonq'), join(home, '.aws', 'amazonq')]
      return [
        ...placed('project', [join(here, 'mcp.json'), join(here, 'default.json')]),
        ...(await agentFiles('project', join(here, 'agents'), join(here, 'cli-agents'))),
        ...placed('user', [join(user, 'mcp.json'), join(user, 'default.json')]),
        ...(await agentFiles('user', join(user, 'agents'), join(user, 'cli-agents'))),
      ]
    },
    switches: agentSwitches,
    timeout: 'call-milliseconds',
    unheeded: APPROVALS,
  },
  'grok-build': {
    title: 'Grok Build',
    alsoReads: '`GROK_HOME`',
    source: 'https://github.com/neon-solutions/add-mcp',
    project: ['.grok/config.toml'],
    user: inFolderOf('GROK_HOME', ['.grok'], 'config.toml'),
    key: ['mcp_servers'],
    format: 'toml',
    expansion: 'none',
    unheeded: APPROVALS,
  },
  junie: {
    title: 'Junie',
    source: 'https://junie.jetbrains.com/docs/junie-cli-mcp-configuration.html',
    project: ['.junie/mcp/mcp.json'],
    user: inHome('.junie', 'mcp', 'mcp.json'),
    unheeded: APPROVALS,
  },
  'jetbrains-ai': {
    title: 'JetBrains AI Assistant and Air',
    source: 'https://www.jetbrains.com/help/air/mcp-servers.html',
    project: ['.air/mcp.json', '.ai/mcp/mcp.json'],
    user: inHome('.air', 'mcp.json'),
    unwritable: 'its settings are in the IDE: Settings, Tools, AI Assistant, Model Context Protocol',
    unheeded: 'servers of the settings dialog, which the IDE keeps as XML by its version',
  },
  amp: {
    title: 'Amp',
    alsoReads: 'folders above; settings of other editors',
    source: 'https://ampcode.com/manual#mcp',
    project: ['.amp/settings.json', '.amp/settings.jsonc'],
    above: true,
    user: ({ home }) => ['settings.json', 'settings.jsonc'].map((name) => join(home, '.config', 'amp', name)),
    more: (places) => [
      ...placed('user', [
        join(
          systemFolder(places, '/etc/ampcode', '/Library/Application Support/ampcode', 'C:\\ProgramData\\ampcode'),
          'managed-settings.json',
        ),
      ]),
      ...placed(
        'user',
        editorFolders(places).map((folder) => join(folder, 'settings.json')),
        { key: ['amp.mcpServers'] },
      ),
    ],
    key: ['amp.mcpServers'],
    switches: ampSwitches,
    unheededKeys: [['amp.mcpPermissions']],
    unheeded: '`amp.mcpPermissions`, OAuth',
  },
  'lm-studio': {
    title: 'LM Studio',
    source: 'https://lmstudio.ai/docs/app/mcp',
    user: ({ home }) => [join(home, '.lmstudio', 'mcp.json'), join(home, '.cache', 'lm-studio', 'mcp.json')],
    expansion: 'none',
    unheeded: STATE,
  },
  warp: {
    title: 'Warp',
    source: 'https://docs.warp.dev/agents/capabilities/mcp',
    files: ({ cwd, home }) => [
      ...placed('project', [join(cwd, '.warp', '.mcp.json')], { bare: true }),
      ...placed('user', [join(home, '.warp', '.mcp.json')], { bare: true }),
    ],
    user: inHome('.warp', '.mcp.json'),
    unheeded: '`start_on_launch: false`; servers that Warp keeps in its Drive',
  },
  trae: {
    title: 'Trae',
    source: 'https://docs.trae.ai/ide/model-context-protocol',
    project: ['.trae/mcp.json'],
    user: (places) => ['Trae', 'Trae CN'].map((app) => join(appData(places), app, 'User', 'mcp.json')),
    groups: byNameGroups,
    unheeded: STATE,
  },
  crush: {
    title: 'Crush',
    alsoReads: 'folders above',
    source: 'https://github.com/charmbracelet/crush/blob/main/schema.json',
    project: ['.crush.json', 'crush.json'],
    above: true,
    user: (places) => [
      places.platform === 'win32'
        ? join(localAppData(places), 'crush', 'crush.json')
        : join(named(places, 'CRUSH_GLOBAL_CONFIG') ?? join(dotConfig(places), 'crush'), 'crush.json'),
    ],
    groups: crushGroups,
    key: ['mcp'],
    expansion: 'dollar',
    entry: 'typed',
    remote: 'typed',
    timeout: 'start-seconds',
    unheeded: '`$(command)` other than `$(echo …)`, OAuth',
  },
  factory: {
    title: 'Factory',
    source: 'https://docs.factory.ai/cli/configuration/mcp',
    project: ['.factory/mcp.json'],
    user: inHome('.factory', 'mcp.json'),
    entry: 'typed',
    remote: 'typed',
    unheeded: 'OAuth; servers that single droids have',
  },
  continue: {
    title: 'Continue',
    alsoReads: '`mcpServers/*.yaml` and `*.json` in `./.continue` and `~/.continue`; secrets in their `.env`',
    source: 'https://docs.continue.dev/customize/deep-dives/mcp',
    user: inHome('.continue', 'config.yaml'),
    files: continueFiles,
    groups: continueGroups,
    format: 'yaml',
    unwritable: 'its servers are a list in ~/.continue/config.yaml: add an entry with name, command and args there',
    unheeded: 'secrets of the hub; `requestOptions` other than headers',
  },
  augment: {
    title: 'Augment',
    alsoReads: 'the same in other editors',
    source: 'https://docs.augmentcode.com/cli/integrations',
    project: ['.augment/settings.json'],
    user: inHome('.augment', 'settings.json'),
    more: (places) =>
      editorFolders(places).flatMap((folder) => [
        ...placed('user', [join(folder, 'settings.json')], { key: ['augment.advanced', 'mcpServers'] }),
        ...placed(
          'user',
          [join(folder, 'globalStorage', 'augment.vscode-augment', 'augment-global-state', 'mcpServers.json')],
          { key: ['mcpServers'], bare: true },
        ),
      ]),
    groups: byNameGroups,
    unheeded: 'servers of the settings panel of JetBrains IDEs, OAuth',
  },
  'visual-studio': {
    title: 'Visual Studio',
    alsoReads: '`~/.mcp.json` on Windows',
    source: 'https://learn.microsoft.com/visualstudio/ide/mcp-servers',
    files: ({ platform, cwd, home }) => [
      ...placed('project', [join(cwd, '.vs', 'mcp.json')]),
      ...placed('project', [join(cwd, '.mcp.json')], { key: ['servers'] }),
      ...(platform === 'win32' ? placed('user', [join(home, '.mcp.json')]) : []),
    ],
    user: inHome('.mcp.json'),
    key: ['servers'],
    entry: 'typed',
    remote: 'typed',
    unheeded: STATE,
  },
  docker: {
    title: 'Docker MCP Toolkit',
    source: 'https://docs.docker.com/ai/mcp-catalog-and-toolkit/mcp-gateway',
    user: inHome('.docker', 'mcp', 'registry.yaml'),
    files: dockerFiles,
    groups: dockerGroups,
    format: 'yaml',
    key: ['registry'],
    expansion: 'none',
    unwritable: 'it is a gateway itself: its servers are one server here',
    unheeded: 'its settings, which its own gateway reads',
  },
  pi: {
    title: 'Pi',
    alsoReads: '`PI_CODING_AGENT_DIR`',
    source: 'https://github.com/neon-solutions/add-mcp',
    project: ['.pi/mcp.json'],
    user: (places) => [
      join(named(places, 'PI_CODING_AGENT_DIR') ?? join(places.home, '.pi', 'agent'), 'mcp.json'),
      join(places.home, '.pi', 'mcp.json'),
    ],
    unheeded: 'OAuth',
  },
  kimi: {
    title: 'Kimi',
    alsoReads: '`KIMI_CODE_HOME`',
    source: 'https://github.com/neon-solutions/add-mcp',
    project: ['.kimi-code/mcp.json'],
    user: inFolderOf('KIMI_CODE_HOME', ['.kimi-code'], 'mcp.json'),
    unheeded: 'OAuth',
  },
  mastra: {
    title: 'Mastra',
    source: 'https://github.com/neon-solutions/add-mcp',
    project: ['.mastracode/mcp.json'],
    user: inHome('.mastracode', 'mcp.json'),
    unheeded: 'OAuth',
  },
  mcporter: {
    title: 'mcporter',
    alsoReads: '`MCPORTER_CONFIG`',
    source: 'https://github.com/openclaw/mcporter/blob/main/docs/config.md',
    project: ['config/mcporter.json'],
    user: (places) => [
      ...[named(places, 'MCPORTER_CONFIG')].filter((path) => path !== undefined),
      ...[join(places.home, '.mcporter'), join(dotConfig(places), 'mcporter')].flatMap((folder) =>
        ['mcporter.json', 'mcporter.jsonc'].map((name) => join(folder, name)),
      ),
    ],
    expansion: 'dollar',
    unheeded: '`auth`; its `imports`, which are read from their own files',
  },
}

/** All clients whose files are understood, in the order of precedence. */
export const CLIENTS: readonly Client[] = Object.entries(ROWS).map(([name, row]): Client => {
  const { project: _project, above: _above, user, more: _more, files: _files, ...rest } = row
  return {
    key: ['mcpServers'],
    format: 'json',
    expansion: 'braces',
    entry: 'standard',
    ...rest,
    name,
    files: async (places) => await filesOf(row, places),
    userFile: (places) => existing(user(places)),
  }
})

async function filesOf(row: Row, places: Places): Promise<readonly PlacedFile[]> {
  if (row.files !== undefined) return await row.files(places)
  const folders = row.above === true ? foldersAbove(places) : [places.cwd]
  return [
    ...folders.flatMap((folder) =>
      placed(
        'project',
        (row.project ?? []).map((file) => join(folder, file)),
        { folder },
      ),
    ),
    ...placed('user', row.user(places)),
    ...((await row.more?.(places)) ?? []),
  ]
}
