import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { CLIENTS } from '../../src/config/clients/clients.ts'
import { readClients } from '../../src/config/clients/read-clients.ts'
import { unsetProblems } from '../../src/config/clients/unset-variables.ts'
import { Approvals } from '../../src/config/trust/approvals.ts'
import { LockedGate, OpenGate } from '../../src/config/trust/gate.ts'
import { temporaryFolder } from '../support/servers.ts'

interface Case {
  /** What is told. */
  readonly about: string
  readonly client: string
  /** By path below the home folder; the working folder is `work`. `ROOT` in texts is the home folder. */
  readonly files: Readonly<Record<string, unknown>>
  readonly env?: Readonly<Record<string, string>>
  readonly platform?: string
  readonly cwd?: string
  /** By name; the first of a name counts. */
  readonly servers: Readonly<Record<string, object>>
  /** Path and message. */
  readonly problems?: readonly (readonly [path: string, message: string])[]
}

async function read({ client, files, env = {}, platform = 'linux', cwd = 'work' }: Case): Promise<{
  servers: Record<string, unknown>
  levels: Record<string, string>
  problems: (readonly [string, string])[]
}> {
  const root = temporaryFolder()
  mkdirSync(join(root, cwd), { recursive: true })
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    const text = typeof content === 'string' ? content : JSON.stringify(content, undefined, 2)
    writeFileSync(join(root, name), text.replaceAll(/(?<!_)ROOT/g, root))
  }
  const known = CLIENTS.filter(({ name }) => name === client)
  const places = {
    platform,
    home: root,
    cwd: join(root, cwd),
    env: Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value.replaceAll('ROOT', root)])),
    systemRoot: join(root, 'system'),
  }
  const found = await readClients(known, places, new OpenGate(places.env))
  const servers: Record<string, unknown> = {}
  const levels: Record<string, string> = {}
  for (const file of found)
    for (const { name, server } of file.servers) {
      levels[name] ??= file.level
      servers[name] ??= JSON.parse(JSON.stringify(server).replaceAll(root, 'ROOT'))
    }
  const problems = [...found.flatMap((file) => file.problems), ...unsetProblems(found)]
  return {
    servers,
    levels,
    problems: problems.map(({ path, message }) => [path.replaceAll(root, 'ROOT'), message.replaceAll(root, 'ROOT')]),
  }
}

const stdio = (command: string, more: object = {}): object => ({ type: 'stdio', command, ...more })
const http = (url: string, more: object = {}): object => ({ type: 'http', url, ...more })
const URL = 'https://mcp.example/mcp'

const CASES: readonly Case[] = [
  {
    about: 'takes texts as they stand, since nothing is filled in there',
    client: 'claude-desktop',
    files: {
      '.config/Claude/claude_desktop_config.json': {
        globalShortcut: 'Ctrl+Space',
        mcpServers: { notes: { command: 'npx', args: ['-y', 'notes-mcp'], env: { PASSWORD: 'pa${ss}word' } } },
      },
    },
    servers: { notes: stdio('npx', { args: ['-y', 'notes-mcp'], env: { PASSWORD: 'pa${ss}word' } }) },
  },
  {
    about: 'starts extensions with what was configured, a list as several arguments',
    client: 'claude-desktop',
    files: {
      '.config/Claude/Claude Extensions/ant.dir.files/manifest.json': {
        manifest_version: '0.3',
        name: 'files',
        version: '1.0.0',
        description: 'Reads files',
        server: {
          type: 'node',
          entry_point: 'index.js',
          mcp_config: {
            command: 'node',
            args: ['${__dirname}/index.js', '${user_config.folders}'],
            env: { MAX: '${user_config.max}', HOME_OF: '${HOME}', VERBOSE: '${user_config.verbose}' },
            platform_overrides: { win32: { command: 'node.exe' } },
          },
        },
        user_config: {
          folders: { type: 'directory', multiple: true, required: true },
          max: { type: 'number', default: 10 },
          verbose: { type: 'boolean', default: false },
        },
      },
      '.config/Claude/Claude Extensions Settings/ant.dir.files.json': {
        isEnabled: true,
        userConfig: { folders: ['ROOT/a b', 'ROOT/c'] },
      },
    },
    servers: {
      files: stdio('node', {
        args: ['ROOT/.config/Claude/Claude Extensions/ant.dir.files/index.js', 'ROOT/a b', 'ROOT/c'],
        env: { MAX: '10', HOME_OF: 'ROOT', VERBOSE: 'false' },
        description: 'Reads files',
      }),
    },
  },
  {
    about: 'asks for what an extension keeps encrypted, and leaves off what is off or for another platform',
    client: 'claude-desktop',
    files: {
      '.config/Claude/Claude Extensions/mail/manifest.json': {
        name: 'mail',
        server: { mcp_config: { command: '${__dirname}/mail', env: { KEY: '${user_config.api_key}' } } },
        user_config: { api_key: { type: 'string', title: 'API key', sensitive: true, required: true } },
      },
      '.config/Claude/Claude Extensions Settings/mail.json': {
        isEnabled: true,
        userConfig: { api_key: '__encrypted__:djEwAAAA' },
      },
      '.config/Claude/Claude Extensions/off/manifest.json': {
        name: 'off',
        server: { type: 'uv', entry_point: 'src/main.py' },
      },
      '.config/Claude/Claude Extensions Settings/off.json': { isEnabled: false },
      '.config/Claude/Claude Extensions/apple/manifest.json': {
        name: 'apple',
        server: { mcp_config: { command: 'osascript' } },
        compatibility: { platforms: ['darwin'] },
      },
    },
    servers: {
      apple: stdio('osascript', { disabled: true }),
      off: stdio('uv', {
        args: ['run', '--directory', 'ROOT/.config/Claude/Claude Extensions/off', 'src/main.py'],
        disabled: true,
      }),
    },
    problems: [['server.mail', 'MCP_OPTIMIZER_INPUT_API_KEY is not set: the server "mail" is left out']],
  },
  {
    about: 'takes local before project before user, the project from the folders above',
    client: 'claude-code',
    cwd: 'work/repo/deep',
    files: {
      'work/repo/.git/HEAD': 'ref: refs/heads/main\n',
      '.claude.json': {
        numStartups: 7,
        mcpServers: { both: { type: 'stdio', command: 'user' }, mine: { type: 'http', url: URL, timeout: 90_000 } },
        projects: { 'ROOT/work/repo': { mcpServers: { local: { command: 'local' } } } },
      },
      'work/repo/.mcp.json': { mcpServers: { both: { command: 'project' }, upper: { command: '${SHELLS:-sh}' } } },
      'work/repo/deep/.mcp.json': { mcpServers: { upper: { command: 'deep' } } },
    },
    servers: {
      local: stdio('local'),
      upper: stdio('deep'),
      both: stdio('project', { cwd: 'ROOT/work/repo' }),
      mine: http(URL, { timeoutMs: 90_000 }),
    },
  },
  {
    about: 'leaves off what settings and the user switched off, and names what it does not follow',
    client: 'claude-code',
    files: {
      '.claude.json': {
        mcpServers: {
          off: { command: 'x' },
          denied: { type: 'http', url: 'https://bad.example/mcp' },
          helper: { type: 'http', url: URL, headersHelper: './token.sh', oauth: { clientId: 'c' } },
          socket: { type: 'ws', url: 'ws://x.example' },
          strict: { type: 'http', url: URL, toolPermissions: { drop: 'blocked', read: 'allow' } },
        },
        projects: {
          'ROOT/work': { disabledMcpServers: ['off'], enabledMcpjsonServers: [], disabledMcpjsonServers: [] },
        },
      },
      '.claude/settings.json': {
        enabledMcpjsonServers: ['good'],
        deniedMcpServers: [{ serverUrl: 'https://bad.example/*' }],
      },
      'work/.claude/settings.local.json': { disabledMcpjsonServers: ['rejected'] },
      'work/.mcp.json': {
        mcpServers: { good: { command: 'g' }, rejected: { command: 'r' }, pending: { command: 'p' } },
      },
    },
    servers: {
      good: stdio('g'),
      rejected: stdio('r', { disabled: true }),
      pending: stdio('p', { disabled: true }),
      off: stdio('x', { disabled: true }),
      denied: http('https://bad.example/mcp', { disabled: true }),
      helper: http(URL, { auth: { type: 'oauth', clientId: 'c' } }),
      strict: http(URL, { exclude: ['drop'] }),
    },
    problems: [
      ['mcpServers.helper.headersHelper', 'has no effect here'],
      ['mcpServers.socket.type', 'found "ws"'],
    ],
  },
  {
    about: 'moves with CLAUDE_CONFIG_DIR, and reads plugins with their own variables',
    client: 'claude-code',
    env: { CLAUDE_CONFIG_DIR: 'ROOT/conf' },
    files: {
      'conf/.claude.json': { mcpServers: { moved: { command: 'm' } } },
      'conf/settings.json': {
        enabledPlugins: { 'tools@market': true, 'gone@market': false },
        pluginConfigs: { 'tools@market': { options: { region: 'eu' } } },
      },
      'conf/plugins/installed_plugins.json': {
        version: 2,
        plugins: {
          'tools@market': [{ scope: 'user', installPath: 'ROOT/conf/plugins/cache/tools' }],
          'gone@market': [{ scope: 'user', installPath: 'ROOT/conf/plugins/cache/gone' }],
          'inline@market': [{ scope: 'user', installPath: 'ROOT/conf/plugins/cache/inline' }],
          'other@market': [{ scope: 'local', projectPath: '/elsewhere', installPath: 'ROOT/conf/plugins/cache/other' }],
        },
      },
      'conf/plugins/cache/tools/.mcp.json': {
        kit: {
          command: '${CLAUDE_PLUGIN_ROOT}/kit',
          args: ['${user_config.region}'],
          env: { DIR: '${CLAUDE_PROJECT_DIR}' },
        },
      },
      'conf/plugins/cache/gone/.mcp.json': { mcpServers: { gone: { command: 'gone' } } },
      'conf/plugins/cache/inline/.claude-plugin/plugin.json': { name: 'inline', mcpServers: './mcp/servers.json' },
      'conf/plugins/cache/inline/mcp/servers.json': { mcpServers: { inline: { url: URL } } },
      'conf/plugins/cache/other/.mcp.json': { mcpServers: { other: { command: 'other' } } },
    },
    servers: {
      moved: stdio('m'),
      kit: stdio('ROOT/conf/plugins/cache/tools/kit', { args: ['eu'], env: { DIR: 'ROOT/work' } }),
      gone: stdio('gone', { disabled: true }),
      inline: http(URL),
    },
  },
  {
    about: 'leaves out what permissions deny, and knows how Windows spells projects',
    client: 'claude-code',
    platform: 'win32',
    env: { CLAUDE_CONFIG_DIR: '' },
    files: {
      '.claude.json': {
        mcpServers: { gh: { command: 'gh' }, db: { command: 'db' } },
        projects: { 'ROOT/work': { mcpServers: { local: { command: 'l' } } } },
      },
      '.claude/settings.json': {
        permissions: { allow: ['mcp__gh'], deny: ['mcp__gh__delete_repo', 'mcp__db', 'Bash(rm:*)'] },
      },
    },
    servers: { local: stdio('l'), gh: stdio('gh', { exclude: ['delete_repo'] }), db: stdio('db', { disabled: true }) },
  },
  {
    about: "has the administrator's servers alone where there are such",
    client: 'claude-code',
    files: {
      'system/etc/claude-code/managed-mcp.json': { mcpServers: { company: { type: 'http', url: URL } } },
      '.claude.json': { mcpServers: { own: { command: 'own' } } },
    },
    servers: { company: http(URL), own: stdio('own', { disabled: true }) },
  },
  {
    about: 'fills in the names of editors',
    client: 'cursor',
    env: { GH_TOKEN: 'ghp_1' },
    files: {
      'work/.cursor/mcp.json': {
        mcpServers: {
          here: { command: '${workspaceFolder}/run', args: ['${workspaceFolderBasename}${/}x'], envFile: '.env' },
        },
      },
      'work/.env': 'A=1\n',
      '.cursor/mcp.json': {
        mcpServers: {
          gh: { url: URL, headers: { Authorization: 'Bearer ${env:GH_TOKEN}' }, auth: { CLIENT_ID: 'x' } },
        },
      },
    },
    servers: {
      here: stdio('ROOT/work/run', { args: ['work/x'], env: { A: '1' } }),
      gh: http(URL, { headers: { Authorization: 'Bearer ghp_1' }, auth: { type: 'oauth', clientId: 'x' } }),
    },
  },
  {
    about: 'reads workspace, profiles and settings, with inputs',
    client: 'vscode',
    files: {
      'work/.vscode/mcp.json':
        '{\n  // of the team\n  "inputs": [{"id": "token", "type": "promptString", "description": "Token of Acme", "password": true}],\n  "servers": {"acme": {"type": "http", "url": "https://acme.example/mcp", "headers": {"X-Token": "${input:token}"}},},\n}\n',
      '.config/Code/User/mcp.json': {
        inputs: [{ id: 'region', type: 'pickString', options: ['eu', 'us'], default: 'eu' }],
        servers: { regional: { type: 'stdio', command: 'r', env: { REGION: '${input:region}' } } },
      },
      '.config/Code/User/profiles/4a1b/mcp.json': { servers: { profiled: { command: 'p', sandboxEnabled: true } } },
      '.config/Code/User/settings.json': { 'editor.tabSize': 2, mcp: { servers: { old: { command: 'o' } } } },
      'work/team.code-workspace': { folders: [], settings: { mcp: { servers: { shared: { command: 's' } } } } },
    },
    servers: {
      shared: stdio('s'),
      regional: stdio('r', { env: { REGION: 'eu' } }),
      old: stdio('o'),
      profiled: stdio('p'),
    },
    problems: [
      ['servers.profiled.sandboxEnabled', 'has no effect here'],
      ['servers.acme', 'MCP_OPTIMIZER_INPUT_TOKEN is not set: the server "acme" is left out'],
    ],
  },
  {
    about: 'is apart from the other VS Code, and off by a setting',
    client: 'vscode-insiders',
    files: {
      '.config/Code - Insiders/User/mcp.json': {
        servers: { i: { command: 'i', args: ['${config:my.path}'] }, j: { command: 'j' } },
      },
      '.config/Code - Insiders/User/settings.json': { 'chat.mcp.access': 'none' },
      '.config/Code/User/mcp.json': { servers: { stable: { command: 's' } } },
    },
    servers: { i: stdio('i', { args: ['${config:my.path}'], disabled: true }), j: stdio('j', { disabled: true }) },
  },
  {
    about: 'takes its list of tools, what is disabled, and files in the folders above',
    client: 'copilot-cli',
    cwd: 'work/deep',
    files: {
      '.copilot/mcp-config.json': {
        mcpServers: {
          graph: { type: 'local', command: 'g', args: [], tools: ['read_graph'], timeout: 5_000 },
          all: { type: 'http', url: URL, tools: ['*'] },
          none: { type: 'sse', url: URL, tools: [] },
          off: { type: 'local', command: 'o', tools: ['*'] },
        },
      },
      '.copilot/settings.json': { disabledMcpServers: ['off'] },
      'work/.github/mcp.json': { bare: { command: 'b', env: { T: '$TOKEN' } } },
    },
    env: { TOKEN: 't' },
    servers: {
      bare: stdio('b', { env: { T: 't' }, cwd: 'ROOT/work' }),
      graph: stdio('g', { include: ['read_graph'], timeoutMs: 5_000 }),
      all: http(URL),
      none: { type: 'sse', url: URL, include: [] },
      off: stdio('o', { disabled: true }),
    },
  },
  {
    about: 'reads the file of the IDE',
    client: 'copilot-jetbrains',
    files: { '.config/github-copilot/intellij/mcp.json': { servers: { m: { command: 'm' } } } },
    servers: { m: stdio('m') },
  },
  {
    about: 'hides tools that are switched off, and reads texts of files',
    client: 'windsurf',
    files: {
      '.codeium/windsurf/mcp_config.json': {
        mcpServers: {
          db: { command: 'db', disabledTools: ['drop_table'], env: { KEY: '${file:~/key.txt}' } },
          web: { serverUrl: URL, disabled: true },
        },
      },
      'key.txt': 'secret\n',
    },
    servers: {
      db: stdio('db', { exclude: ['drop_table'], env: { KEY: 'secret' } }),
      web: http(URL, { disabled: true }),
    },
  },
  {
    about: 'follows every key of its own',
    client: 'codex',
    env: { ORG: 'acme', TOKEN: 't', PASSED: 'p' },
    files: {
      '.codex/config.toml': [
        'model = "gpt-6"',
        '[mcp_servers.web]',
        'url = "https://mcp.example/mcp"',
        'bearer_token_env_var = "TOKEN"',
        'http_headers = { "X-A" = "$LITERAL" }',
        'env_http_headers = { "X-Org" = "ORG" }',
        'tool_timeout_sec = 45.5',
        'enabled_tools = ["read", "write"]',
        'disabled_tools = ["write"]',
        '[mcp_servers.slow]',
        'command = "npx"',
        'args = ["-y", "slow"]',
        'env_vars = ["PASSED", { name = "ORG", source = "local" }, "NOT_SET"]',
        'startup_timeout_sec = 120',
        'enabled = false',
        '[mcp_servers.slow.tools.search]',
        'approval_mode = "approve"',
      ].join('\n'),
      'work/.codex/config.toml': '[mcp_servers.near]\ncommand = "n"\nexperimental_environment = "remote"\n',
    },
    servers: {
      near: stdio('n'),
      web: http(URL, {
        headers: { Authorization: 'Bearer t', 'X-A': '$LITERAL', 'X-Org': 'acme' },
        timeoutMs: 45_500,
        include: ['read', 'write'],
        exclude: ['write'],
      }),
      slow: stdio('npx', {
        args: ['-y', 'slow'],
        env: { PASSED: 'p', ORG: 'acme' },
        startTimeoutMs: 120_000,
        disabled: true,
      }),
    },
    problems: [['mcp_servers.near.experimental_environment', 'has no effect here']],
  },
  {
    about: 'follows lists, switches and extensions',
    client: 'gemini-cli',
    env: { KEY: 'k' },
    files: {
      '.gemini/settings.json': {
        mcp: { excluded: ['old'], serverCommand: 'run --mcp' },
        mcpServers: {
          old: { command: 'old' },
          web: { httpUrl: URL, timeout: 20_000, trust: true, includeTools: ['a'], excludeTools: ['b'] },
          dollars: { command: 'd', env: { P: 'pa$$word', K: '$KEY' }, cwd: '~/there' },
          switched: { command: 's' },
        },
      },
      '.gemini/mcp-server-enablement.json': { switched: { enabled: false } },
      '.gemini/extensions/maps/gemini-extension.json': {
        name: 'maps',
        mcpServers: { maps: { command: 'node', args: ['${extensionPath}${/}server.js', '${MAPS_KEY}'] } },
      },
      '.gemini/extensions/maps/.env': 'MAPS_KEY=m\n',
      '.gemini/extensions/idle/gemini-extension.json': { name: 'idle', mcpServers: { idle: { command: 'i' } } },
      '.gemini/extensions/extension-enablement.json': { idle: { overrides: ['!ROOT/*', 'ROOT/other/*'] } },
    },
    servers: {
      old: stdio('old', { disabled: true }),
      web: http(URL, { timeoutMs: 20_000, include: ['a'], exclude: ['b'] }),
      dollars: stdio('d', { env: { P: 'pa$$word', K: 'k' }, cwd: 'ROOT/there' }),
      switched: stdio('s', { disabled: true }),
      mcp: stdio('run', { args: ['--mcp'] }),
      idle: stdio('i', { disabled: true }),
      maps: stdio('node', { args: ['ROOT/.gemini/extensions/maps/server.js', 'm'] }),
    },
  },
  {
    about: 'has allow-lists with patterns',
    client: 'qwen-code',
    files: {
      'work/.qwen/settings.json': { mcp: { allowed: ['*-internal', 'docs'] } },
      '.qwen/settings.json': {
        mcpServers: {
          'db-internal': { command: 'd', discoveryTimeoutMs: 60_000 },
          docs: { url: URL },
          x: { command: 'x' },
        },
      },
    },
    servers: {
      'db-internal': stdio('d', { startTimeoutMs: 60_000 }),
      docs: http(URL),
      x: stdio('x', { disabled: true }),
    },
  },
  {
    about: 'is read from both of its places',
    client: 'antigravity',
    files: { '.gemini/antigravity/mcp_config.json': { mcpServers: { w: { serverUrl: URL } } } },
    servers: { w: http(URL) },
  },
  {
    about: 'is read in its old and its new form, with the profile of the agent',
    client: 'zed',
    files: {
      '.config/zed/settings.json':
        '{ "theme": "One Dark", // light one at day\n "agent": {"default_profile": "careful", "profiles": {"careful": {"name": "Careful", "enable_all_context_servers": false, "context_servers": {"new": {"tools": {"read": true, "write": false}}, "old": {"tools": {"x": true}}}}}},\n "context_servers": {"new": {"source": "custom", "command": "n", "args": ["a"], "enabled": true}, "old": {"command": {"path": "o", "args": ["b"], "env": {"A": "1"}}}, "ext": {"source": "extension", "settings": {}}, "rest": {"source": "custom", "url": "https://mcp.example/mcp"}, },}',
    },
    servers: {
      new: stdio('n', { args: ['a'], include: ['read'] }),
      old: stdio('o', { args: ['b'], env: { A: '1' }, include: ['x'] }),
      rest: http(URL, { disabled: true }),
    },
  },
  {
    about: 'counts timeouts in seconds, in whichever editor it is',
    client: 'cline',
    files: {
      '.config/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json': {
        mcpServers: { a: { command: 'a', timeout: 120, alwaysAllow: ['x'], disabled: false } },
      },
      '.config/Cursor/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json': {
        mcpServers: { b: { type: 'streamableHttp', url: URL, timeout: 60 } },
      },
    },
    servers: { a: stdio('a', { timeoutMs: 120_000 }), b: http(URL, { timeoutMs: 60_000 }) },
  },
  {
    about: 'is read below its folder',
    client: 'cline-cli',
    files: { '.cline/data/settings/cline_mcp_settings.json': { mcpServers: { a: { command: 'a', timeout: 3600 } } } },
    servers: { a: stdio('a', { timeoutMs: 3_600_000 }) },
  },
  {
    about: 'hides tools, in the project and for the user',
    client: 'roo',
    files: {
      'work/.roo/mcp.json': { mcpServers: { p: { command: 'p', watchPaths: ['x'], disabledTools: ['t'] } } },
      '.config/Code/User/globalStorage/rooveterinaryinc.roo-cline/settings/mcp_settings.json': {
        mcpServers: { u: { type: 'streamable-http', url: URL, timeout: 30 } },
      },
    },
    servers: { p: stdio('p', { exclude: ['t'] }), u: http(URL, { timeoutMs: 30_000 }) },
  },
  {
    about: 'puts its files together, and follows switches for tools',
    client: 'opencode',
    env: { KEY: 'k' },
    files: {
      '.config/opencode/opencode.json': {
        mcp: {
          gh: { type: 'local', command: ['gh', 'mcp'], environment: { K: '{env:KEY}' }, timeout: 9_000 },
          off: { type: 'remote', url: URL },
          noisy: { type: 'local', command: ['noisy'] },
          picky: { type: 'local', command: ['picky'] },
        },
        tools: { 'noisy*': false, picky_drop: false },
      },
      'work/opencode.jsonc':
        '{ "mcp": { "off": { "enabled": false }, // not here\n "gh": { "environment": { "EXTRA": "1" } } } }',
    },
    servers: {
      off: http(URL, { disabled: true }),
      gh: stdio('gh', { args: ['mcp'], env: { K: 'k', EXTRA: '1' }, timeoutMs: 9_000, startTimeoutMs: 9_000 }),
      noisy: stdio('noisy', { disabled: true }),
      picky: stdio('picky', { exclude: ['drop'] }),
    },
  },
  {
    about: 'also keeps servers below mcp.servers',
    client: 'opencode',
    files: {
      '.config/opencode/opencode.jsonc': {
        mcp: { servers: { n: { type: 'remote', url: URL, oauth: false } }, timeout: { startup: 1 } },
      },
    },
    servers: { n: http(URL) },
  },
  {
    about: 'is read where it keeps its files now, and where it kept them',
    client: 'kilo',
    files: {
      '.config/kilo/kilo.jsonc': { mcp: { now: { type: 'local', command: ['n'], timeout: 10_000 } } },
      'work/.kilo/kilo.json': { mcp: { here: { type: 'remote', url: URL } } },
      'work/.kilocode/mcp.json': { mcpServers: { legacy: { command: 'l', alwaysAllow: [] } } },
    },
    servers: { here: http(URL), legacy: stdio('l'), now: stdio('n', { startTimeoutMs: 10_000 }) },
  },
  {
    about: 'passes variables on, fills in headers, and leaves what only Goose can run',
    client: 'goose',
    env: { GH_TOKEN: 't' },
    files: {
      '.config/goose/config.yaml': [
        'GOOSE_PROVIDER: anthropic # mine',
        'extensions:',
        '  developer: {type: builtin, name: developer, enabled: true, bundled: true}',
        '  gh:',
        '    type: stdio',
        '    name: GitHub',
        '    cmd: gh-mcp',
        '    args: [serve, $HOME]',
        '    envs: {LEVEL: debug}',
        '    env_keys: [GH_TOKEN, UNSET]',
        '    timeout: 300',
        '    available_tools: [search, read]',
        '    enabled: true',
        '  web:',
        '    type: streamable_http',
        '    uri: https://mcp.example/mcp',
        '    headers: {Authorization: "Bearer $GH_TOKEN", X-L: "${LEVEL}"}',
        '    envs: {LEVEL: info}',
        '    available_tools: []',
        '    enabled: false',
      ].join('\n'),
    },
    servers: {
      gh: stdio('gh-mcp', {
        args: ['serve', '$HOME'],
        env: { GH_TOKEN: 't', LEVEL: 'debug' },
        timeoutMs: 300_000,
        include: ['search', 'read'],
      }),
      web: http(URL, { headers: { Authorization: 'Bearer t', 'X-L': 'info' }, disabled: true }),
    },
    problems: [['extensions.gh.env_keys', 'UNSET is not set']],
  },
  {
    about: 'reads powers and agents, which list their tools',
    client: 'kiro',
    files: {
      '.kiro/settings/mcp.json': {
        mcpServers: { own: { command: 'o', disabledTools: ['d'], autoApprove: ['*'] } },
        powers: { mcpServers: { 'power-stripe': { url: URL } } },
      },
      'work/.kiro/agents/dev.json': {
        name: 'dev',
        mcpServers: { git: { command: 'git-mcp', timeout: 120_000 }, unused: { command: 'u' } },
        tools: ['fs_read', '@git/status'],
      },
    },
    servers: {
      git: stdio('git-mcp', { timeoutMs: 120_000, include: ['status'] }),
      unused: stdio('u', { disabled: true }),
      own: stdio('o', { exclude: ['d'] }),
      'power-stripe': http(URL),
    },
  },
  {
    about: 'reads both of its kinds of files',
    client: 'amazon-q',
    env: { T: 't' },
    files: {
      '.aws/amazonq/mcp.json': { mcpServers: { a: { command: 'a', env: { K: '${env:T}' }, timeout: 60_000 } } },
      '.aws/amazonq/cli-agents/ops.json': { mcpServers: { b: { command: 'b' } }, tools: ['*'] },
      'work/.amazonq/mcp.json': { mcpServers: { c: { command: 'c', disabled: true } } },
    },
    servers: {
      c: stdio('c', { disabled: true }),
      a: stdio('a', { env: { K: 't' }, timeoutMs: 60_000 }),
      b: stdio('b'),
    },
  },
  {
    about: 'is read below its folder or where GROK_HOME says',
    client: 'grok-build',
    env: { GROK_HOME: 'ROOT/g' },
    files: { 'g/config.toml': '[mcp_servers.s]\ncommand = "s"\nstartup_timeout_ms = 1500\n' },
    servers: { s: stdio('s', { startTimeoutMs: 1_500 }) },
  },
  {
    about: 'is read in the project and for the user',
    client: 'junie',
    files: {
      'work/.junie/mcp/mcp.json': { mcpServers: { p: { command: 'p' } } },
      '.junie/mcp/mcp.json': { mcpServers: { u: { url: URL, enabled: false } } },
    },
    servers: { p: stdio('p'), u: http(URL, { disabled: true }) },
  },
  {
    about: 'is read from its file in the project',
    client: 'jetbrains-ai',
    files: { 'work/.air/mcp.json': { mcpServers: { p: { command: 'p', workingDirectory: 'sub' } } } },
    servers: { p: stdio('p', { cwd: 'ROOT/work/sub' }) },
  },
  {
    about: 'has a key with a dot, also in the settings of editors',
    client: 'amp',
    env: { T: 't' },
    files: {
      '.config/amp/settings.json': {
        'amp.tools.disable': ['mcp__a__nav_back', 'builtin:browser'],
        'amp.mcpServers': { a: { command: 'a', env: { T: '${T}' }, includeTools: ['nav_*'] } },
        'amp.mcpPermissions': [{ matches: { command: 'npx' }, action: 'reject' }],
      },
      '.config/Code/User/settings.json': { 'amp.mcpServers': { b: { url: URL } } },
    },
    servers: { a: stdio('a', { env: { T: 't' }, include: ['nav_*'], exclude: ['nav_back'] }), b: http(URL) },
    problems: [['amp.mcpPermissions', 'has no effect here']],
  },
  {
    about: 'takes texts as they stand, and names a timeout of no unit',
    client: 'lm-studio',
    files: { '.lmstudio/mcp.json': { mcpServers: { a: { command: 'a', args: ['${x}'], timeout: 60 } } } },
    servers: { a: stdio('a', { args: ['${x}'] }) },
    problems: [['mcpServers.a.timeout', 'has no effect here']],
  },
  {
    about: 'has servers at the top of its file, and its own word for the working folder',
    client: 'warp',
    files: {
      '.warp/.mcp.json': { a: { command: 'a', working_directory: '~/w', start_on_launch: false } },
      'work/.warp/.mcp.json': { mcpServers: { b: { url: URL, start_on_launch: true } } },
    },
    servers: { b: http(URL), a: stdio('a', { cwd: 'ROOT/w' }) },
    problems: [['a.start_on_launch', 'has no effect here']],
  },
  {
    about: 'has a map or a list',
    client: 'trae',
    files: {
      '.config/Trae/User/mcp.json': { mcpServers: [{ name: 'l', command: ['l', 'x'] }] },
      'work/.trae/mcp.json': { mcpServers: { m: { command: 'm', fromGalleryId: 'g', disabled: true } } },
    },
    servers: { m: stdio('m', { disabled: true }), l: stdio('l', { args: ['x'] }) },
  },
  {
    about: 'fills in what a shell would echo, and tells what it does not run',
    client: 'crush',
    env: { TOKEN: 't' },
    files: {
      '.config/crush/crush.json': {
        mcp: {
          web: { type: 'http', url: URL, headers: { A: '$(echo Bearer $TOKEN)' }, timeout: 60 },
          files: { type: 'stdio', command: 'f', disabled_tools: ['rm'], enabled_tools: ['ls'] },
          vault: { type: 'stdio', command: 'v', env: { K: '$(op read op://x)' } },
        },
        lsp: { go: { command: 'gopls' } },
      },
    },
    servers: {
      web: http(URL, { headers: { A: 'Bearer t' }, startTimeoutMs: 60_000 }),
      files: stdio('f', { include: ['ls'], exclude: ['rm'] }),
    },
    problems: [
      ['mcp.vault', '${command:op read op://x} is filled in by the client alone: the server "vault" is left out'],
    ],
  },
  {
    about: 'filters tools and bounds calls',
    client: 'factory',
    files: {
      '.factory/mcp.json': {
        mcpServers: {
          a: {
            type: 'stdio',
            command: 'a',
            enabledTools: ['x'],
            disabledTools: ['y'],
            timeoutMs: 7_000,
            disabled: false,
          },
        },
      },
    },
    servers: { a: stdio('a', { include: ['x'], exclude: ['y'], timeoutMs: 7_000 }) },
  },
  {
    about: 'has a list in YAML, files of other clients in a folder, and secrets of its own',
    client: 'continue',
    env: { FROM_ENV: 'e' },
    files: {
      '.continue/config.yaml': [
        'name: Mine',
        'version: 1.0.0',
        'mcpServers:',
        '  - name: sqlite',
        '    command: npx',
        '    args: ["-y", "mcp-sqlite", "${{ secrets.DB_PATH }}"]',
        '    connectionTimeout: 9000',
        '    env: {A: "${{ secrets.FROM_ENV }}"}',
        '  - name: web',
        '    type: streamable-http',
        '    url: https://mcp.example/mcp',
        '    requestOptions: {headers: {X: y}, verifySsl: false}',
      ].join('\n'),
      '.continue/.env': 'DB_PATH=/db.sqlite\n',
      'work/.continue/mcpServers/block.yaml':
        'name: B\nversion: 0.0.1\nschema: v1\nmcpServers:\n  - name: block\n    command: b\n',
      'work/.continue/mcpServers/mcp.json': { mcpServers: { copied: { command: 'c' } } },
      '.continue/config.json': {
        experimental: { modelContextProtocolServers: [{ transport: { type: 'stdio', command: 'old', args: ['x'] } }] },
      },
    },
    servers: {
      block: stdio('b'),
      copied: stdio('c'),
      sqlite: stdio('npx', { args: ['-y', 'mcp-sqlite', '/db.sqlite'], env: { A: 'e' }, startTimeoutMs: 9_000 }),
      web: http(URL, { headers: { X: 'y' } }),
      'server-1': stdio('old', { args: ['x'] }),
    },
    problems: [['mcpServers.web.requestOptions.verifySsl', 'has no effect here']],
  },
  {
    about: 'is read from its command line and its extension',
    client: 'augment',
    files: {
      '.augment/settings.json': { mcpServers: { a: { command: 'a' } } },
      '.config/Code/User/settings.json': { 'augment.advanced': { mcpServers: [{ name: 'b', command: 'b' }] } },
      '.config/Code/User/globalStorage/augment.vscode-augment/augment-global-state/mcpServers.json': [
        { id: '1', name: 'c', command: 'npx -y c', disabled: true },
      ],
    },
    servers: { a: stdio('a'), b: stdio('b'), c: stdio('npx', { args: ['-y', 'c'], disabled: true }) },
  },
  {
    about: 'is read from the solution and, on Windows, from the user',
    client: 'visual-studio',
    platform: 'win32',
    files: {
      'work/.vs/mcp.json': { servers: { s: { command: 's' } } },
      'work/.mcp.json': {
        inputs: [{ id: 'k', default: 'd' }],
        servers: { t: { command: 't', env: { K: '${input:k}' } } },
      },
      '.mcp.json': { servers: { u: { type: 'http', url: URL } } },
    },
    servers: { s: stdio('s'), t: stdio('t', { env: { K: 'd' } }), u: http(URL) },
  },
  {
    about: 'is one server, as in every other client',
    client: 'docker',
    files: { '.docker/mcp/registry.yaml': 'registry:\n  duckduckgo:\n    ref: ""\n  github:\n    ref: ""\n' },
    servers: { MCP_DOCKER: stdio('docker', { args: ['mcp', 'gateway', 'run'] }) },
  },
  {
    about: 'is read from its agent folder',
    client: 'pi',
    files: {
      '.pi/agent/mcp.json': { mcpServers: { a: { command: 'a', requestTimeoutMs: 4_000, lifecycle: 'lazy' } } },
    },
    servers: { a: stdio('a', { timeoutMs: 4_000 }) },
  },
  {
    about: 'is read with its own timeouts',
    client: 'kimi',
    files: { '.kimi-code/mcp.json': { mcpServers: { a: { transport: 'sse', url: URL, toolTimeoutMs: 3_000 } } } },
    servers: { a: { type: 'sse', url: URL, timeoutMs: 3_000 } },
  },
  {
    about: 'is read below its folder',
    client: 'mastra',
    files: { '.mastracode/mcp.json': { mcpServers: { a: { command: 'a' } } } },
    servers: { a: stdio('a') },
  },
  {
    about: 'has names of its own',
    client: 'mcporter',
    env: { T: 't' },
    files: {
      '.mcporter/mcporter.json': {
        imports: [],
        mcpServers: {
          web: { baseUrl: URL, bearerTokenEnv: 'T', allowedTools: ['a'], auth: 'oauth' },
          kept: { command: ['k', '--x'], lifecycle: 'keep-alive', blocked_tools: ['b'] },
        },
      },
    },
    servers: {
      web: http(URL, { headers: { Authorization: 'Bearer t' }, auth: { type: 'oauth' }, include: ['a'] }),
      kept: stdio('k', { args: ['--x'], idleMs: 0, exclude: ['b'] }),
    },
  },
]

describe('servers of each client, with their options and what is told', () => {
  it.each(CASES)('$client $about', async (example) => {
    const { servers, problems } = await read(example)
    expect(problems).toEqual(example.problems ?? [])
    expect(servers).toEqual(example.servers)
  })

  it('has a case for every client', () => {
    expect(CLIENTS.map(({ name }) => name).filter((name) => !CASES.some(({ client }) => client === name))).toEqual([])
  })
})

describe('files of any client that are odd', () => {
  it.each<[what: string, text: string, problems: readonly (readonly [string, string])[]]>([
    ['empty', '', []],
    ['null', 'null', []],
    ['a map without servers', '{"mcpServers": null, "other": 1}', []],
    ['servers that are a text', '{"mcpServers": "x"}', [['mcpServers', 'found a string']]],
    ['a list', '[{"command": "x"}]', [['(list)', 'is not where servers belong']]],
    ['an entry that is null', '{"mcpServers": {"a": null}}', [['mcpServers.a', 'is not a server']]],
    ['an entry without all', '{"mcpServers": {"a": {}}}', [['mcpServers.a', 'is not a server']]],
    ['cut off', '{"mcpServers": {"a": {"command": "x"}', [['', 'line 1:38: CloseBraceExpected']]],
    [
      'followed keys in a form that says nothing',
      '{"mcpServers": {"a": {"command": "x", "env": ["A=1"], "disabledTools": {}, "startup_timeout_sec": "soon"}, "b": {"url": "https://x.example", "headers": {"H": ["1"]}}}}',
      [
        ['mcpServers.a.env', 'found a list'],
        ['mcpServers.a.disabledTools', 'found a map'],
        ['mcpServers.a.startup_timeout_sec', 'found "soon"'],
        ['mcpServers.b.headers.H', 'found a list'],
      ],
    ],
    [
      'misspelt and unknown keys',
      '{"mcpServers": {"a": {"command": "x", "agrs": [], "zzzz": 1}, "b": {"command": "x", "zzzz": 2, "_note": ""}}}',
      [
        ['mcpServers.a.agrs', 'is not read'],
        ['mcpServers.a.zzzz', 'is not read (in "a", "b")'],
      ],
    ],
  ])('%s', async (_what, text, problems) => {
    const found = await read({ about: '', client: 'cursor', files: { '.cursor/mcp.json': text }, servers: {} })
    expect(found.problems).toEqual(problems)
  })
})

describe('entries of any client', () => {
  it.each<[what: string, entry: object, server: object]>([
    [
      'an address one level down',
      { transport: { type: 'sse', url: URL, headers: { A: 'b' } } },
      { type: 'sse', url: URL, headers: { A: 'b' } },
    ],
    [
      'names of tools as one text',
      { command: 'x', disabledTools: 'a, b', tools: '*' },
      stdio('x', { exclude: ['a', 'b'] }),
    ],
    ['switches as texts', { command: 'x', disabled: 'true' }, stdio('x', { disabled: true })],
    ['a command and an address', { type: 'stdio', command: 'x', url: URL }, stdio('x')],
    ['times as texts', { command: 'x', startup_timeout_sec: '30s' }, stdio('x', { startTimeoutMs: 30_000 })],
    [
      'a client of its own',
      { url: URL, oauth: { clientId: 'c', clientSecret: 's', scope: 'read, write', callbackPort: 4_000 } },
      http(URL, {
        auth: {
          type: 'oauth',
          clientId: 'c',
          clientSecret: 's',
          scopes: ['read', 'write'],
          redirectUri: 'http://localhost:4000/callback',
        },
      }),
    ],
    [
      'a client in capitals',
      { url: URL, auth: { CLIENT_ID: 'c', CLIENT_SECRET: 's', scopes: ['read'] } },
      http(URL, { auth: { type: 'oauth', clientId: 'c', clientSecret: 's', scopes: ['read'] } }),
    ],
    [
      'a client in flat keys',
      { url: URL, oauthClientId: 'c', oauthScope: 'read', oauthRedirectUrl: 'cursor://login' },
      http(URL, { auth: { type: 'oauth', clientId: 'c', scopes: ['read'] } }),
    ],
    [
      'a login of the client itself',
      { url: URL, oauth: { grantType: 'client_credentials', client_id: 'c', client_secret: 's' } },
      http(URL, { auth: { type: 'client_credentials', clientId: 'c', clientSecret: 's' } }),
    ],
    [
      'a token of the API',
      { url: URL, authorization_token: 't' },
      http(URL, { headers: { Authorization: 'Bearer t' } }),
    ],
    ['keys that say nothing', { url: URL, oauth: false, auth: 'none', scopes: '' }, http(URL)],
  ])('%s', async (_what, entry, server) => {
    const found = await read({
      about: '',
      client: 'cursor',
      files: { '.cursor/mcp.json': { mcpServers: { s: entry } } },
      servers: {},
    })
    expect(found).toMatchObject({ servers: { s: server }, problems: [] })
  })

  it('a token that is not set leaves its server out', async () => {
    const files = {
      '.codex/config.toml': '[mcp_servers.s]\nurl = "https://mcp.example/mcp"\nbearer_token_env_var = "TOKEN"\n',
    }
    const { servers, problems } = await read({ about: '', client: 'codex', files, servers: {} })
    expect(servers).toEqual({})
    expect(problems).toEqual([['mcp_servers.s', 'TOKEN is not set: the server "s" is left out']])
  })
})

describe('whose file it is', () => {
  it('a project has what lies in its folder or above, the user has the rest, local servers included', async () => {
    const { levels } = await read({
      about: '',
      client: 'claude-code',
      cwd: 'work/deep',
      files: {
        '.claude.json': {
          mcpServers: { user: { command: 'x' } },
          projects: { 'ROOT/work/deep': { mcpServers: { local: { command: 'x' } } } },
        },
        'work/.mcp.json': { mcpServers: { project: { command: 'x' } } },
      },
      servers: {},
    })
    expect(levels).toEqual({ local: 'user', project: 'project', user: 'user' })
  })

  it("what a project adds to a user's server is the project's, what it switches off is off without it", async () => {
    const files = {
      '.config/opencode/opencode.json': {
        mcp: { a: { type: 'local', command: ['a'] }, b: { type: 'local', command: ['b'] } },
      },
      'work/opencode.json': { mcp: { a: { environment: { X: '1' } }, b: { enabled: false } } },
    }
    const root = temporaryFolder()
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(root, name)), { recursive: true })
      writeFileSync(join(root, name), JSON.stringify(content))
    }
    const places = { platform: 'linux', home: root, cwd: join(root, 'work'), env: {} }
    const found = await readClients(
      CLIENTS.filter(({ name }) => name === 'opencode'),
      places,
      new LockedGate(new Approvals(root), {}),
    )
    const servers = found.flatMap((file) => file.servers)
    expect(Object.fromEntries(servers.map(({ name, server }) => [name, server]))).toEqual({
      a: stdio('a'),
      b: stdio('b', { disabled: true }),
    })
  })

  it('one variable that is not set is told once, with all servers that need it', async () => {
    const { problems } = await read({
      about: '',
      client: 'cursor',
      files: {
        '.cursor/mcp.json': {
          mcpServers: { a: { command: 'x', env: { T: '${env:T}' } }, b: { command: 'y', env: { T: '${T}' } } },
        },
        'work/.cursor/mcp.json': { mcpServers: { c: { command: 'z', args: ['${T}'] } } },
      },
      servers: {},
    })
    expect(problems).toEqual([
      [
        'mcpServers.c',
        'T is not set: the servers "c", "a" of ROOT/.cursor/mcp.json, "b" of ROOT/.cursor/mcp.json are left out',
      ],
    ])
  })
})

it('secrets of Continue are no part of what is approved of a project, and are filled in for what was', async () => {
  const home = temporaryFolder()
  const cwd = join(home, 'work')
  mkdirSync(join(cwd, '.continue', 'mcpServers'), { recursive: true })
  writeFileSync(join(cwd, '.continue', '.env'), 'API_KEY=s3cret\n')
  const block = 'mcpServers:\n  - name: a\n    command: x\n    env: {K: "${{ secrets.API_KEY }}"}\n'
  writeFileSync(join(cwd, '.continue', 'mcpServers', 'a.yaml'), block)
  const gate = new OpenGate({})
  const clients = CLIENTS.filter(({ name }) => name === 'continue')
  const found = await readClients(clients, { platform: 'linux', home, cwd, env: {} }, gate)
  expect(found.flatMap(({ servers }) => servers)).toMatchObject([{ name: 'a', server: { env: { K: 's3cret' } } }])
  expect(JSON.stringify(gate.parts.map(({ says }) => says))).not.toContain('s3cret')
  // The file with the secret is one that the approval counts on.
  expect(gate.parts.flatMap(({ files }) => Object.keys(files))).toContain(join(cwd, '.continue', '.env'))
})

it('secrets of a project are none of the servers that the user has in Continue', async () => {
  const home = temporaryFolder()
  const cwd = join(home, 'work')
  for (const folder of [join(home, '.continue'), cwd]) mkdirSync(folder, { recursive: true })
  writeFileSync(join(home, '.continue', '.env'), 'KEY=mine\n')
  writeFileSync(join(cwd, '.env'), 'KEY=theirs\n')
  const entry = 'mcpServers:\n  - name: a\n    command: x\n    env: {K: "${{ secrets.KEY }}"}\n'
  writeFileSync(join(home, '.continue', 'config.yaml'), entry)
  const clients = CLIENTS.filter(({ name }) => name === 'continue')
  const gate = new LockedGate(new Approvals(join(home, 'approvals')), {})
  const found = await readClients(clients, { platform: 'linux', home, cwd, env: {} }, gate)
  expect(found.flatMap(({ servers }) => servers)).toMatchObject([{ name: 'a', server: { env: { K: 'mine' } } }])
})

it('takes an address with spaces around it', async () => {
  const files = { '.cursor/mcp.json': { mcpServers: { a: { url: ` ${URL}\n` } } } }
  const { servers } = await read({ about: '', client: 'cursor', files, servers: {} })
  expect(servers).toEqual({ a: http(URL) })
})
