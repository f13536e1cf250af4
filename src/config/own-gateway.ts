import { readFileSync, realpathSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { isRecord } from '../internal/json.ts'
import { commandWords } from './command-words.ts'
import type { ServerConfig } from './config.ts'
import { isOwnAddress, type OwnAddress } from './own-address.ts'

/**
 * True for an entry that leads back to this program, by its command, however it is wrapped, or by the address that it serves:
 * as a server of its own it would start or ask itself without end.
 */
export function isOurselves(server: ServerConfig, own?: OwnAddress): boolean {
  const words = server.type === 'stdio' ? [server.command, ...(server.args ?? [])] : [server.url]
  if (own !== undefined && words.some((word) => isOwnAddress(word, own))) return true
  return server.type === 'stdio' && runsUs(words, { folder: server.cwd ?? '.', depth: 0 })
}

const NAME = 'mcp-optimizer'
/** Wrappers in wrappers; a command line is never that deep. */
const MAX_DEPTH = 8

interface Place {
  readonly folder: string
  readonly depth: number
}

/** Finds the command lines that a program starts among its arguments. */
type Unwrap = (args: readonly string[]) => readonly (readonly string[])[]

function runsUs([command = '', ...args]: readonly string[], { folder, depth }: Place): boolean {
  if (command === '' || depth > MAX_DEPTH) return false
  const name = programName(command)
  if (name === NAME || isOurFile(command, folder)) return true
  if (PACKAGE_RUNNERS.has(name)) return runsPackage(args, { folder, depth: depth + 1 })
  if (PACKAGE_MANAGERS.has(name)) return runsByManager(name, args, { folder, depth: depth + 1 })
  if (RUNTIMES.has(name)) return runsScript(args, folder)
  if (CONTAINERS.has(name)) return runsContainer(args, { folder, depth: depth + 1 })
  const unwrap = SHELLS.has(name) ? inShell : name === 'cmd' ? inCmd : TRANSPARENT.has(name) ? suffixes : undefined
  return unwrap?.(args).some((inner) => runsUs(inner, { folder, depth: depth + 1 })) === true
}

/** `C:\bin\NPX.CMD` is npx. */
function programName(command: string): string {
  return command
    .replace(/^.*[\\/]/, '')
    .toLowerCase()
    .replace(/\.(?:exe|cmd|bat|ps1|js)$/, '')
}

const PACKAGE_RUNNERS = new Set(['npx', 'bunx', 'pnpx', 'dlx'])
const PACKAGE_MANAGERS = new Set(['npm', 'pnpm', 'yarn', 'bun'])
const RUNTIMES = new Set(['node', 'nodejs', 'deno', 'tsx', 'ts-node'])
const CONTAINERS = new Set(['docker', 'podman', 'nerdctl'])
const SHELLS = new Set(['sh', 'bash', 'zsh', 'dash', 'ksh', 'fish', 'powershell', 'pwsh'])
/** Programs that start the command among their arguments. */
const TRANSPARENT = new Set(
  'env sudo doas nice nohup time timeout exec command stdbuf setsid caffeinate wsl mise asdf volta fnm direnv dotenv op doppler infisical nix uv'.split(
    ' ',
  ),
)

const EXECUTES = new Set(['exec', 'x', 'dlx', 'create'])

function runsByManager(name: string, args: readonly string[], place: Place): boolean {
  const at = args.findIndex((word) => !word.startsWith('-'))
  const [verb = ''] = args.slice(at)
  if (EXECUTES.has(verb)) return runsPackage(args.slice(at + 1), place)
  return name === 'bun' && runsScript(verb === 'run' ? args.slice(at + 1) : args.slice(at), place.folder)
}

/** `npx [-y] [-p PACKAGE] PACKAGE|BINARY`, `npx -c COMMAND`. */
function runsPackage(args: readonly string[], place: Place): boolean {
  for (const [index, word] of args.entries()) {
    const [, line] = /^(?:-c|--call)(?:=(.*))?$/s.exec(word) ?? []
    if (word === '-c' || word === '--call' || line !== undefined)
      return inShell(['-c', line ?? args[index + 1] ?? '']).some((inner) => runsUs(inner, place))
    if (word.startsWith('-') || OF_PACKAGE.has(args[index - 1] ?? '')) continue
    return isOurPackage(word)
  }
  return false
}

const OF_PACKAGE = new Set([
  '-p',
  '--package',
  '--registry',
  '--cache',
  '--prefix',
  '--userconfig',
  '-w',
  '--workspace',
])

/** Our name with a version, or as the last part of an address or a path; a package of a scope is another one. */
function isOurPackage(spec: string): boolean {
  return !spec.startsWith('@') && /(?:^|[\\/:])mcp-optimizer(?:-\d[\w.-]*\.tgz|\.git)?(?:[@#].*)?$/.test(spec)
}

const TAKES_VALUE = new Set(['-r', '--require', '--import', '--loader', '--env-file', '--conditions', '-C'])

/** `node [flags] FILE`, `deno run [flags] npm:PACKAGE`. */
function runsScript(args: readonly string[], folder: string): boolean {
  const words = args.filter((word, index) => !word.startsWith('-') && !TAKES_VALUE.has(args[index - 1] ?? ''))
  const [script = ''] = words[0] === 'run' ? words.slice(1) : words
  return isOurFile(script, folder) || (script.startsWith('npm:') && isOurPackage(script))
}

/** The file that is this program, of this installation or another; links are followed. */
function isOurFile(path: string, folder: string): boolean {
  if (!/[\\/.]/.test(path)) return false
  if (/(?:^|[\\/])mcp-optimizer[\\/]dist[\\/]cli\.js$/.test(path)) return true
  try {
    const file = realpathSync(resolve(folder, path))
    if (!/[\\/](?:dist[\\/]cli\.js|src[\\/]cli\.ts)$/.test(file)) return false
    const read: unknown = JSON.parse(readFileSync(resolve(dirname(file), '..', 'package.json'), 'utf8'))
    return isRecord(read) && read['name'] === NAME
  } catch {
    return false
  }
}

const FLAGS_ALONE =
  /^(?:-[itdPqD]+|--(?:rm|interactive|tty|detach|init|privileged|publish-all|quiet|read-only|no-healthcheck|oom-kill-disable|sig-proxy|replace|tls-verify|no-deps|service-ports))$/

/** `docker run [flags] IMAGE [command]`, `docker exec [flags] CONTAINER command`. */
function runsContainer(args: readonly string[], place: Place): boolean {
  const verb = args.findIndex((word) => word === 'run' || word === 'exec')
  if (verb < 0) return false
  let at = verb + 1
  while (args[at]?.startsWith('-') === true) at += FLAGS_ALONE.test(args[at] ?? '') || args[at]?.includes('=') ? 1 : 2
  const [image = '', ...command] = args.slice(at)
  return (args[verb] === 'run' && isOurImage(image)) || runsUs(command, place)
}

function isOurImage(image: string): boolean {
  return /(?:^|\/)mcp-optimizer(?::[^/]*)?$/.test(image.replace(/@sha256:.*$/, ''))
}

/** `sh -lc COMMAND`: each command of the line. */
const inShell: Unwrap = (args) => {
  const at = args.findIndex((word) => /^-(?:[a-z]*c|command)$/i.test(word))
  const line = at < 0 ? '' : args.slice(at + 1, /^-command$/i.test(args[at] ?? '') ? undefined : at + 2).join(' ')
  return line.split(/&&|\|\||[;|\n]/).map((part) => {
    const words = commandWords(part)
    return words.slice(words.findIndex((word) => !/^(?:\w+=|exec$)/.test(word)))
  })
}

/** `cmd /c COMMAND`, in one word or several. */
const inCmd: Unwrap = (args) => {
  const words = args.slice(args.findIndex((word) => /^\/[ck]$/i.test(word)) + 1)
  return [words.length === 1 ? commandWords(words[0] ?? '') : words]
}

const suffixes: Unwrap = (args) => args.map((_word, index) => args.slice(index))
