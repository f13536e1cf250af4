import { matchesGlob } from '../internal/glob.ts'
import { shortHash, stableJson } from '../internal/hash.ts'

/** Effects of calls at their servers; each includes those before it. */
export type Effects = 'read' | 'write' | 'destructive'

/** Rule of a principal or a profile: the servers, tools and effects it allows. */
export interface AccessRule {
  /** Servers by their names, in any of our spellings; `*` matches any text. @default all */
  readonly servers?: readonly string[]
  /** Ids of tools (`server.tool`) and names of intents; `*` matches any text. @default all */
  readonly tools?: readonly string[]
  /** @default 'destructive' */
  readonly effects?: Effects
}

/** Rules of one request, all of which must allow what it uses. None: everything, as the local user may. */
export type Access = readonly AccessRule[]

/** Parts of a tool that a rule looks at. */
export interface AccessTool {
  /** `server.tool`, both as identifiers. */
  readonly id: string
  /** As configured. */
  readonly server: string
  readonly serverKey: string
  /** The name the server knows. */
  readonly tool: string
  readonly readOnlyHint?: boolean
  readonly destructiveHint?: boolean
}

/** Everything may be used. */
export const FULL_ACCESS: Access = Object.freeze([])

const ORDER: readonly Effects[] = ['read', 'write', 'destructive']

/** Equal for equal rules: principals of one class share what is made for it. Empty: everything may be used. */
export function accessKey(access: Access): string {
  return access.length === 0 ? '' : shortHash(stableJson(access))
}

/** True where every rule allows the tool. `isRead`: the configuration says that it only reads. */
export function allowsTool(access: Access, tool: AccessTool, isRead: boolean): boolean {
  return access.every(
    (rule) =>
      namesServer(rule, tool) &&
      (rule.tools === undefined ||
        rule.tools.some(
          (pattern) => matchesGlob(pattern, tool.id) || matchesGlob(pattern, `${tool.server}.${tool.tool}`),
        )) &&
      mayDo(rule.effects, isRead ? 'read' : effectsOf(tool)),
  )
}

/** True where every rule leaves a server something that it may offer, now or once its tools are known. */
export function allowsServer(access: Access, server: { readonly name: string; readonly key: string }): boolean {
  const names = { server: server.name, serverKey: server.key }
  return access.every(
    (rule) =>
      namesServer(rule, names) &&
      (rule.tools === undefined ||
        rule.tools.some((pattern) => mayBegin(pattern, `${server.key}.`) || mayBegin(pattern, `${server.name}.`))),
  )
}

/** True where every rule allows all that a server offers, whatever it may do: what is no tool has no id of its own to be named by. */
export function allowsAllOf(access: Access, { name, key }: { readonly name: string; readonly key: string }): boolean {
  return access.every(
    (rule) =>
      namesServer(rule, { server: name, serverKey: key }) &&
      (rule.tools === undefined ||
        rule.tools.some((pattern) =>
          [key, name].some((one) => pattern.endsWith('*') && `${one}.`.startsWith(pattern.slice(0, -1))),
        )),
  )
}

/** True where every rule allows an intent of this name and effect; whether its servers are allowed is another question. */
export function allowsIntent(
  access: Access,
  { name, readOnly }: { readonly name: string; readonly readOnly: boolean },
): boolean {
  return access.every(
    ({ tools, effects }) =>
      (readOnly || effects !== 'read') && (tools === undefined || tools.some((pattern) => matchesGlob(pattern, name))),
  )
}

/** Effects of a tool's calls, as its server says; where that says nothing, as its name says. */
export function effectsOf({ tool, readOnlyHint, destructiveHint }: AccessTool): Effects {
  if (readOnlyHint === true) return 'read'
  const isDestructive = destructiveHint ?? DESTRUCTIVE.test(tool)
  return isDestructive ? 'destructive' : 'write'
}

/** Words of a name that tell of what cannot be taken back. */
const DESTRUCTIVE =
  /(?:^|[^a-z])(?:delete|remove|destroy|drop|purge|wipe|erase|truncate|reset|revoke|kill|terminate|uninstall|overwrite|rm)(?![a-z])|(?:Delete|Remove|Destroy|Drop|Purge|Wipe|Erase|Truncate|Reset|Revoke|Kill|Terminate|Uninstall|Overwrite)(?![a-z])/

function mayDo(allowed: Effects = 'destructive', wanted: Effects): boolean {
  return ORDER.indexOf(wanted) <= ORDER.indexOf(allowed)
}

function namesServer(
  { servers }: AccessRule,
  { server, serverKey }: Pick<AccessTool, 'server' | 'serverKey'>,
): boolean {
  return servers === undefined || servers.some((one) => matchesGlob(one, server) || matchesGlob(one, serverKey))
}

/** True where a pattern can match a text that begins so. */
function mayBegin(pattern: string, beginning: string): boolean {
  const [literal = ''] = pattern.split('*', 1)
  return literal.length === pattern.length
    ? pattern.startsWith(beginning)
    : literal.startsWith(beginning) || beginning.startsWith(literal)
}
