import { isRecord } from '../../internal/json.ts'
import { nearestNames } from '../../internal/nearest.ts'
import type { Fault } from '../entry.ts'
import { AUTH_KEYS } from './entry-auth.ts'

/** Keys that `readEntry` follows. */
const FOLLOWED = new Set([
  ...AUTH_KEYS,
  ...`type transport transportType command cmd executable args env envs environment env_vars env_keys envFile cwd
   working_directory workingDirectory url serverUrl server_url httpUrl baseUrl base_url uri headers http_headers
   env_http_headers bearer_token_env_var bearerToken bearer_token bearerTokenEnv bearer_token_env requestOptions apiKey
   disabled enabled isActive description includeTools enabledTools enabled_tools allowedTools allowed_tools
   available_tools tools excludeTools disabledTools disabled_tools blockedTools blocked_tools toolPermissions timeout
   timeoutMs requestTimeoutMs tool_timeout_sec toolTimeoutMs request_timeout_ms startup_timeout_sec startup_timeout_ms
   startupTimeoutMs discoveryTimeoutMs connectionTimeout connectTimeout lifecycle`.split(/\s+/),
])

/** Keys that change neither what is started nor what is offered: names, pictures, approvals, and how a client watches. */
const HARMLESS = new Set(
  `name id title displayName display_name label icon icons iconUrl iconPath logo version author homepage website
   repository license tags keywords category categories note notes comment comments metadata instructions
   disabledReason gallery registry fromGalleryId galleryId sourceUrl bundled source settings schema installedAt
   autoApprove alwaysAllow autoAllow autoApproveTools trust requireApproval approval default_tools_approval_mode
   approval_mode dev watchPaths alwaysLoad alwaysLoadTools deferLoading deferTools required
   supports_parallel_tool_calls startOnLaunch
   directTools debug logging sampling faviconUrl appResourceMaxBytes appResourceTimeoutMs versionNegotiation sessionless
   bareElicitationCapability discoveryCache disableAutoBackground channel_enabled channel_reply tokenCacheDir
   token_cache_dir clientName client_name disabledResources disabledPrompts providerId scope installation
   remoteConfigured running isDefaultServer filterMapping registryUrl idleTimeout exposeResources useShellInterpolation
   isConfigured sourceFile protocolVersion capabilities serverInfo prompts resources status lastError configSchema`.split(
    /\s+/,
  ),
)

/** Keys that change what a client would start or send, and that are not followed here; with what to do instead. */
const UNHEEDED: Readonly<Record<string, string>> = {
  headersHelper: 'headers with their values, or ${NAME} of the environment',
  authProviderType: 'a token in headers',
  authorization: 'a token in headers',
  targetAudience: 'a token in headers',
  targetServiceAccount: 'a token in headers',
  oauth_resource: 'the resource that the server names',
  oauthCommand: 'a token in headers',
  oauthTokenEndpointAuthMethod: 'a token in headers',
  oauth_command: 'a token in headers',
  sandbox: 'a server that may run outside the sandbox of the client',
  sandboxEnabled: 'a server that may run outside the sandbox of the client',
  experimental_environment: 'a server that this machine can start',
  remote: 'a server that this machine can start',
  start_on_launch: 'disabled: true for a server that shall not be started; others start with their first call',
}

/** Keys of an entry that change something and are not followed. A key that says nothing (`sandbox: false`) is none of them. */
export function unheededFaults(entry: Record<string, unknown>): Fault[] {
  return Object.entries(UNHEEDED)
    .filter(([key]) => saysSomething(entry[key], key))
    .map(([path, expected]) => ({ path, message: 'has no effect here', expected }))
}

function saysSomething(value: unknown, key: string): boolean {
  if (value === undefined || value === null || value === '' || value === 'none') return false
  if (key === 'start_on_launch') return value === false
  return value !== false && !(isRecord(value) && (Object.keys(value).length === 0 || value['enabled'] === false))
}

/** Keys of an entry that nobody knows: misspelt ones, and those of clients to come. */
export function unknownKeys(entry: Record<string, unknown>): string[] {
  return Object.keys(entry).filter(
    (key) => !FOLLOWED.has(key) && !HARMLESS.has(key) && !(key in UNHEEDED) && !/^(?:[_$/#]|x-)/.test(key),
  )
}

/** What an unknown key may have meant. */
export function meantBy(key: string): string {
  const [nearest] = nearestNames(key, FOLLOWED, 1)
  return nearest === undefined ? 'a key that the client documents' : `"${nearest}"`
}
