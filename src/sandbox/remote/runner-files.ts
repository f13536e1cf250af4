import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { entryPath } from '../../internal/entry.ts'

/** A file or folder that a runner needs, and where it finds it below its own root. */
export interface RunnerFile {
  readonly from: string
  readonly to: string
  readonly isFolder: boolean
}

/** The parts of this package that run in a runner. */
const OWN = ['package.json', 'dist/errors.js', 'dist/internal', 'dist/sandbox']
/** The libraries of the code that runs in a runner; those that they need are found. */
const PACKAGES = ['fastest-levenshtein', 'lru-cache', 'quickjs-wasi', 'sucrase']

/** The entry of a runner, below its root. */
export const RUNNER_ENTRY = 'dist/sandbox/remote/runner.js'
/** The entry of a process with engines, which talk to the host without a thread between. */
export const ENGINES_ENTRY = 'dist/sandbox/remote/keeper.js'

/** All of this package and its dependencies that a runner may read: nothing else is put into a jail. */
export function runnerFiles(): RunnerFile[] {
  const root = packageRoot()
  const found = new Map<string, string>()
  for (const name of PACKAGES) addPackage(found, name, root)
  return [
    ...OWN.map((to) => ({ from: join(root, to), to, isFolder: !/\.\w+$/.test(to) })),
    ...[...found].map(([name, from]) => ({ from, to: `node_modules/${name}`, isFolder: true })),
  ]
}

export function packageRoot(): string {
  return dirname(dirname(dirname(dirname(entryPath('./runner.js', import.meta.url)))))
}

export function packageVersion(): string {
  return (JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version: string }).version
}

function addPackage(found: Map<string, string>, name: string, from: string): void {
  if (found.has(name)) return
  const folder = findPackage(name, from)
  if (folder === undefined) throw new Error(`the package ${name} is not installed`)
  found.set(name, folder)
  const { dependencies = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    dependencies?: Record<string, string>
  }
  for (const dependency of Object.keys(dependencies)) addPackage(found, dependency, folder)
}

/** As Node looks for it, without loading it: not every package exports its package.json. */
function findPackage(name: string, from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name)
    if (existsSync(join(candidate, 'package.json'))) return realpathSync(candidate)
    if (dirname(folder) === folder) return undefined
  }
}
