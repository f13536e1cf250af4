import { API, type Diagnostic, type Project, type Snapshot } from 'typescript/unstable/async'
import type { FileSystem } from 'typescript/unstable/fs'
import {
  COMPILER_OPTIONS,
  type Compiler,
  ENGINE_DECLARATIONS,
  type Finding,
  isSyntax,
  MAX_FINDINGS,
  type WrappedProgram,
} from '../compiler.ts'
import { fieldsInQuestion } from './fields.ts'
import { findUnawaited } from './unawaited.ts'

const ROOT = '/mcp-optimizer'
const PROGRAM = `${ROOT}/program.ts`
const TOOLS = `${ROOT}/tools.d.ts`
const CONFIG = `${ROOT}/tsconfig.json`
/** The only files of the host that the compiler may read: the libraries that it ships. */
const LIBRARY = /[\\/]@typescript[\\/]typescript-[\w-]+[\\/]lib[\\/]lib(\.\w+)*\.d\.ts$/

/**
 * TypeScript 7 by its native API, warm in a process of its own. The API is called unstable: this folder is all that
 * knows it, and `command-compiler.ts` is the way out.
 */
export async function createNativeCompiler(): Promise<Compiler> {
  const files = new Map([
    [CONFIG, JSON.stringify({ compilerOptions: COMPILER_OPTIONS, files: ['engine.d.ts', 'tools.d.ts', 'program.ts'] })],
    [`${ROOT}/engine.d.ts`, ENGINE_DECLARATIONS],
    [TOOLS, ''],
    [PROGRAM, 'export {}\n'],
  ])
  const api = new API({ cwd: ROOT, fs: onlyThese(files) })
  const changed = new Set<string>()
  let snapshot: Snapshot = await api.updateSnapshot({ openProjects: [CONFIG] })

  const update = async (): Promise<Project> => {
    const before = snapshot
    snapshot = await api.updateSnapshot({ fileChanges: { changed: [...changed] } })
    changed.clear()
    await before.dispose()
    const project = snapshot.getProject(CONFIG)
    if (project === undefined) throw new Error('the compiler lost its project')
    return project
  }
  return {
    name: 'native',
    declare(declarations) {
      files.set(TOOLS, declarations)
      changed.add(TOOLS)
    },
    async check(program) {
      files.set(PROGRAM, program.text)
      changed.add(PROGRAM)
      return await findingsOf(await update(), program)
    },
    async [Symbol.asyncDispose]() {
      await api.close()
    },
  }
}

async function findingsOf({ program, checker }: Project, { start, end }: WrappedProgram): Promise<Finding[]> {
  const [syntax, semantic, file] = await Promise.all([
    program.getSyntacticDiagnostics(PROGRAM),
    program.getSemanticDiagnostics(PROGRAM),
    program.getSourceFile(PROGRAM),
  ])
  if (syntax.length > 0) return syntax.map(toFinding)
  const found = semantic.map(toFinding)
  if (file === undefined) return found
  const places = new Set(found.map(({ at }) => at))
  const unawaited = findUnawaited(file, start, end).filter(({ at }) => !places.has(at))
  const all = [...found, ...unawaited].toSorted((a, b) => a.at - b.at)
  return await Promise.all(
    all.map(async (finding, index) => {
      const fields = index < MAX_FINDINGS ? await fieldsInQuestion(finding, file, checker) : undefined
      return fields === undefined ? finding : { ...finding, fields }
    }),
  )
}

function toFinding(diagnostic: Diagnostic): Finding {
  let deepest = diagnostic
  while (deepest.messageChain?.[0] !== undefined) [deepest] = deepest.messageChain as [Diagnostic]
  return { at: diagnostic.pos, code: deepest.code, syntax: isSyntax(diagnostic.code), message: deepest.text }
}

/** A file system of these files; `undefined` lets the compiler look at the real one. */
function onlyThese(files: ReadonlyMap<string, string>): FileSystem {
  return {
    readFile: (path) => (LIBRARY.test(path) ? undefined : (files.get(path) ?? null)),
    fileExists: (path) => (LIBRARY.test(path) ? undefined : files.has(path)),
    directoryExists: (path) => path === ROOT,
    getAccessibleEntries: (path) => ({
      files: path === ROOT ? [...files.keys()].map((file) => file.slice(ROOT.length + 1)) : [],
      directories: [],
    }),
    realpath: (path) => path,
  }
}
