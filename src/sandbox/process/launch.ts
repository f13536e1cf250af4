import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { platform } from 'node:os'
import { delimiter, join } from 'node:path'
import { allowedNodeEnvironmentFlags, env, execPath, getuid } from 'node:process'
import { FIRST_LINE_FD, LINES } from '../remote/engine-lines.ts'
import { packageRoot, type RunnerFile } from '../remote/runner-files.ts'
import { type Wall } from '../walls.ts'

/** What may stand between a program and this machine, besides the engine; the strictest that works is used. */
export interface Jail {
  /** Linux namespaces by bubblewrap: no network, no other processes, a file system of a few read-only folders. */
  readonly namespaces: boolean
  /** The user `nobody`. */
  readonly ownUser: boolean
}

export interface LaunchOptions {
  /** The runner's argument. */
  readonly argument: string
  /** It holds engines: with a stream for their keeper, and one for each of them. */
  readonly hasEngines: boolean
  /** What is started, below the folder of this package; one of the files. */
  readonly entry: string
  readonly files: readonly RunnerFile[]
}

const NOBODY = 65_534
const isWindows = platform() === 'win32'
/** Folders with the loader and the shared libraries of Node.js, on the usual systems. */
const LIBRARIES = ['/lib', '/lib64', '/usr/lib', '/usr/lib64', '/nix/store', '/etc/ld.so.cache']

/** The wall that a jail is. */
export function wallOf({ namespaces, ownUser }: Jail): Wall {
  if (namespaces) return 'namespaces'
  return ownUser ? 'user' : 'permissions'
}

/** The jails that can be tried here, strictest first. */
export function jails(): Jail[] {
  const namespaces = platform() === 'linux' && bubblewrap() !== undefined ? [true, false] : [false]
  const ownUser = getuid?.() === 0 ? [true, false] : [false]
  return namespaces.flatMap((inner) => ownUser.map((user) => ({ namespaces: inner, ownUser: user })))
}

/** Path of `bwrap`, if it is installed. */
export function bubblewrap(): string | undefined {
  const folders = (env['PATH'] ?? '').split(delimiter)
  return [...folders, '/usr/bin', '/usr/local/bin'].map((folder) => join(folder, 'bwrap')).find(existsSync)
}

export function launch(jail: Jail, options: LaunchOptions): ChildProcess {
  const command = bounded(inNamespaces(jail, node(jail, options), options))
  const [program = execPath, ...args] = command
  return spawn(program, args, {
    // Nothing to read, and no option of Node.js comes in by it; dates are those of the other engines wherever this is.
    env: { TZ: 'UTC' },
    // Node.js 24 lets threads read their working folder, whatever its permission model says.
    cwd: join(packageRoot(), 'dist', 'sandbox'),
    stdio: streams(options),
    // In a session of its own: a terminal's Ctrl+C is for the gateway, which ends its programs in order.
    detached: !isWindows,
    windowsHide: true,
    ...(jail.ownUser && { uid: NOBODY, gid: NOBODY }),
  })
}

/** A process with engines has no use for the first two: each engine has a stream of its own. */
function streams({ hasEngines }: LaunchOptions): ('pipe' | 'ignore')[] {
  if (!hasEngines) return ['pipe', 'pipe', 'pipe']
  return ['ignore', 'ignore', ...Array.from({ length: FIRST_LINE_FD + LINES - 2 }, () => 'pipe' as const)]
}

/** Node.js with its permission model: it reads the runner's own files, and nothing else is open to it. */
function node({ namespaces }: Jail, { argument, entry, files }: LaunchOptions): string[] {
  const root = namespaces ? JAIL_ROOT : packageRoot()
  // Node.js 20 aborts where one of these paths is the beginning of another.
  const paths = namespaces
    ? [join(JAIL_ROOT, '*')]
    : files.map(({ from, isFolder }) => (isFolder ? join(from, '*') : from))
  const permission = allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission'
  const flags = [
    permission,
    '--allow-worker',
    ...paths.map((path) => `--allow-fs-read=${path}`),
    '--no-warnings',
    // Nothing in there makes code of text.
    '--disallow-code-generation-from-strings',
  ]
  return [namespaces ? JAIL_NODE : execPath, ...flags, join(root, entry), argument]
}

const JAIL_ROOT = '/app'
const JAIL_NODE = '/node'

function inNamespaces({ namespaces, ownUser }: Jail, command: readonly string[], { files }: LaunchOptions): string[] {
  if (!namespaces) return [...command]
  // One that is gone since does not start: nothing weaker takes its place.
  const bwrap = bubblewrap() ?? 'bwrap'
  const identity = ownUser ? [] : ['--uid', String(NOBODY), '--gid', String(NOBODY)]
  const isolation = [
    '--unshare-all',
    '--die-with-parent',
    '--clearenv',
    '--setenv',
    'TZ',
    'UTC',
    '--cap-drop',
    'ALL',
    ...identity,
  ]
  const libraries = LIBRARIES.flatMap((path) => ['--ro-bind-try', path, path])
  const own = files.flatMap(({ from, to }) => ['--ro-bind', from, join(JAIL_ROOT, to)])
  const mounts = ['--ro-bind', execPath, JAIL_NODE, '--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp']
  const rest = ['--remount-ro', '/', '--chdir', JAIL_ROOT, '--']
  return [bwrap, ...isolation, ...libraries, ...own, ...mounts, ...rest, ...command]
}

/** Bounds by the kernel: no files written, no core dumps, few descriptors. */
function bounded(command: readonly string[]): string[] {
  if (isWindows) return [...command]
  return ['/bin/sh', '-c', 'ulimit -c 0 && ulimit -f 0 && ulimit -n 256 && exec "$@"', 'sh', ...command]
}
