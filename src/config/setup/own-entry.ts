import { OptimizerError } from '../../errors.ts'
import type { Client } from '../clients/client.ts'
import type { OwnCommand } from '../own-command.ts'

export const OUR_NAME = 'mcp-optimizer'

/** How a client reaches us: a process of its own, or one gateway that several clients share. */
export type OwnAddress = OwnCommand | { readonly url: string }

/** Our entry as a client writes it. */
export function entryFor(client: Client, own: OwnAddress, variables: readonly string[] = []): object {
  const entry = 'url' in own ? addressed(client, own.url) : started(client, own)
  return { ...entry, ...LOADED_AT_ONCE[client.name], ...passed(client, own, variables) }
}

/**
 * Keys by which a client hands over our few tools at once: behind its own tool search agents would have to find us first.
 * https://code.claude.com/docs/en/mcp (alwaysLoad), https://docs.github.com/copilot/concepts/agents/copilot-cli/tool-search,
 * https://github.com/QwenLM/qwen-code/blob/main/docs/users/configuration/settings.md (alwaysLoadTools)
 */
const LOADED_AT_ONCE: Readonly<Record<string, object>> = {
  'claude-code': { alwaysLoad: true },
  'copilot-cli': { deferTools: 'never' },
  'qwen-code': { alwaysLoadTools: true },
}

/** Codex gives a server no variable that its entry does not name. */
function passed({ name }: Client, own: OwnAddress, variables: readonly string[]): object {
  return name === 'codex' && !('url' in own) && variables.length > 0 ? { env_vars: variables } : {}
}

function started(client: Client, { command, args, env }: OwnCommand): object {
  const variables = env === undefined ? {} : { [VARIABLES[client.entry ?? 'standard'] ?? 'env']: env }
  switch (client.entry) {
    case 'typed':
      return { type: 'stdio', command, args, ...variables }
    case 'copilot':
      return { type: 'local', command, args, ...variables, tools: ['*'] }
    case 'opencode':
      return { type: 'local', command: [command, ...args], ...variables, enabled: true }
    case 'goose':
      return { name: OUR_NAME, type: 'stdio', cmd: command, args, ...variables, enabled: true, timeout: 300 }
    case 'zed':
      return { source: 'custom', command, args, ...variables }
    default:
      return { command, args, ...variables }
  }
}

/** Where a client's entry has variables, unless under `env`. */
const VARIABLES: Readonly<Record<string, string>> = { opencode: 'environment', goose: 'envs' }

function addressed(client: Client, url: string): object {
  const { remote, name, title } = client
  switch (remote) {
    case 'none':
      throw new OptimizerError(
        'CONFIG_INVALID',
        `cannot write an address for ${title}: its file holds commands alone`,
        {
          suggestion: `set up ${name} without --http`,
        },
      )
    case 'typed':
      return { type: name.startsWith('cline') ? 'streamableHttp' : 'http', url }
    case 'copilot':
      return { type: 'http', url, tools: ['*'] }
    case 'opencode':
      return { type: 'remote', url, enabled: true }
    case 'goose':
      return { name: OUR_NAME, type: 'streamable_http', uri: url, enabled: true, timeout: 300 }
    case 'serverUrl':
      return { serverUrl: url }
    case 'httpUrl':
      return { httpUrl: url }
    default:
      return client.entry === 'zed' ? { source: 'custom', url } : { url }
  }
}
