import { type Grant, parseEffects, parseExpiry, parseRate } from '../access/grant.ts'
import { createTokenFile, type TokenEntry, type TokenFile } from '../access/token-file.ts'
import { OptimizerError } from '../errors.ts'
import { type CommandContext, EXIT, UsageError } from './command.ts'
import { loadFor } from './gateway.ts'
import { lookOf } from './look.ts'
import { type Column, tableText } from './table.ts'

/** Runs the command `token`. */
export async function runToken(context: CommandContext): Promise<number> {
  const [what = 'list', name, ...rest] = context.positionals
  if (rest.length > 0 || (what === 'list' && name !== undefined))
    throw new UsageError(`found ${JSON.stringify(rest[0] ?? name)} too many; wanted create NAME, list or revoke NAME`)
  // Its --profile is the token's, and narrows nothing here.
  const { config } = await loadFor({ ...context, values: { ...context.values, profile: undefined } })
  const file = createTokenFile(config.http.tokens)
  switch (what) {
    case 'create':
      return await create(context, file, named(name, what), Object.keys(config.profiles))
    case 'list':
      return await list(context, file)
    case 'revoke':
      return await revoke(context, file, named(name, what))
  }
  throw new UsageError(`found ${JSON.stringify(what)}, wanted create NAME, list or revoke NAME`)
}

function named(name: string | undefined, what: string): string {
  if (name === undefined) throw new UsageError(`${what} needs the NAME of a token`)
  return name
}

async function create(
  context: CommandContext,
  file: TokenFile,
  name: string,
  profiles: readonly string[],
): Promise<number> {
  const { stdout, stderr, values } = context
  const grant = asUsage(() => grantOf(values, Date.now()))
  if (grant.profile !== undefined && !profiles.includes(grant.profile))
    throw new UsageError(
      `--profile: found ${JSON.stringify(grant.profile)}, wanted a profile of the configuration: ${profiles.join(', ') || 'it has none'}`,
    )
  const token = await file.create(name, grant, new Date())
  if (values['json'] === true) stdout.write(`${JSON.stringify({ name, token, ...grant })}\n`)
  else {
    // The token alone goes to stdout: TOKEN=$(mcp-optimizer token create ci)
    stderr.write(`The token of ${name}, shown this once; it may use ${words(grant)}:\n`)
    stdout.write(`${token}\n`)
  }
  return EXIT.ok
}

function grantOf(values: CommandContext['values'], now: number): Grant {
  const text = (name: string): string | undefined => {
    const value = values[name]
    return typeof value === 'string' ? value : undefined
  }
  const servers = text('servers')
  const tools = text('tools')
  const effects = text('effects')
  const profile = text('profile')
  const expires = text('expires')
  const rate = text('rate')
  return {
    ...(servers === undefined ? {} : { servers: listOf(servers, '--servers') }),
    ...(tools === undefined ? {} : { tools: listOf(tools, '--tools') }),
    ...(effects === undefined ? {} : { effects: parseEffects(effects) }),
    ...(profile === undefined ? {} : { profile }),
    ...(expires === undefined ? {} : { expires: parseExpiry(expires, now) }),
    ...(rate === undefined ? {} : { rate: parseRate(rate) }),
  }
}

/** An empty list would allow nothing, which nobody means. */
function listOf(text: string, option: string): readonly string[] {
  const names = text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')
  if (names.length === 0)
    throw new UsageError(`${option}: found ${JSON.stringify(text)}, wanted names with commas between them`)
  return names
}

function asUsage<T>(read: () => T): T {
  try {
    return read()
  } catch (thrown) {
    throw OptimizerError.is(thrown, 'INVALID_REQUEST') ? new UsageError(thrown.message) : thrown
  }
}

const COLUMNS: readonly Column[] = [
  { head: 'name', isWhole: true },
  { head: 'may use' },
  { head: 'made', isWhole: true, isOptional: true },
  { head: 'ends', isWhole: true },
]

async function list(context: CommandContext, file: TokenFile): Promise<number> {
  const { stdout, values } = context
  const tokens = await file.list()
  if (values['json'] === true) {
    // Hashes are of no use to whoever lists, and of some to whoever guesses.
    stdout.write(`${JSON.stringify(tokens.map(({ name, created, grant }) => ({ name, created, ...grant })))}\n`)
  } else if (tokens.length === 0) stdout.write('There are no tokens; mcp-optimizer token create NAME makes one.\n')
  else stdout.write(tableText(COLUMNS, tokens.map(rowOf), lookOf(context)))
  return EXIT.ok
}

function rowOf({ name, created, grant }: TokenEntry): readonly string[] {
  const { expires } = grant
  const ends = expires === undefined ? 'never' : Date.parse(expires) <= Date.now() ? 'has ended' : expires.slice(0, 16)
  return [name, words(grant), created.slice(0, 10), ends.replace('T', ' ')]
}

/** What a grant allows, in words. */
function words({ servers, tools, effects, profile, rate }: Grant): string {
  const parts = [
    ...(servers === undefined ? [] : [`servers ${servers.join(', ')}`]),
    ...(tools === undefined ? [] : [`tools ${tools.join(', ')}`]),
    ...(effects === undefined || effects === 'destructive'
      ? []
      : [effects === 'read' ? 'reading alone' : 'nothing that destroys']),
    ...(profile === undefined ? [] : [`profile ${profile}`]),
    ...(rate === undefined ? [] : [`${rate.requests} requests in ${rate.seconds} s`]),
  ]
  return parts.length === 0 ? 'everything' : parts.join('; ')
}

async function revoke({ stdout, stderr, values }: CommandContext, file: TokenFile, name: string): Promise<number> {
  const isRevoked = await file.revoke(name)
  if (values['json'] === true) stdout.write(`${JSON.stringify({ name, revoked: isRevoked })}\n`)
  else if (isRevoked) stdout.write(`Revoked: every gateway that reads ${file.path} refuses it within a second.\n`)
  else stderr.write(`mcp-optimizer: there is no token of the name ${JSON.stringify(name)}\n`)
  return isRevoked ? EXIT.ok : EXIT.failed
}
