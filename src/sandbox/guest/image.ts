import { REFUSED_NAMES } from '../../internal/refused-names.ts'
import { createTextData } from '../../internal/text-data.ts'
import { type GuestModule, type SandboxImage } from '../sandbox.ts'
import { CONSOLE_METHODS, PARTS } from './parts.ts'
import { REMOVED_GLOBALS } from './guest-globals.ts'
import { type GlueSpec, guestGlue, ToGuest } from './guest-glue.ts'
import { type Priming } from '../engine/engine.ts'
import { compile, fileName } from './program.ts'

const NAME = /^[\w.-]{1,128}$/
const MAX_ALIAS_CHARS = 200
const ROOTS = ['tools', 'intents', 'results']
/** Globals that a root must not replace. */
const KEPT: ReadonlySet<string> = new Set(['console', 'globalThis', 'params', 'undefined', 'NaN', 'Infinity'])

const GLUE = `(host, spec) => (${guestGlue.toString()})(host, spec, (${createTextData.toString()})())`

/** What an engine is primed with for an image; names that a guest must not see are left out. */
export function toPriming(image: SandboxImage): Priming {
  const modules = image.modules.map((module) => ({
    module,
    compilation: compile(module.source, 'module', module.name),
  }))
  const spec: GlueSpec = {
    roots: rootsOf(image),
    functions: image.functions.map(({ path, spread }) => [isPath(path) ? path : [], spread === true]),
    modules: modules.map(({ module, compilation }) => ({
      path: isPath(module.path) ? module.path : [],
      name: module.name,
      aliases: aliasesOf(module),
      broken: compilation.ok
        ? null
        : `${fileName(module.name)}:${compilation.error.line}: ${compilation.error.message}`,
    })),
    aliases: (image.aliases ?? []).filter(({ path, name }) => isPath(path) && isAlias(name)),
    refused: [...REFUSED_NAMES],
    removed: REMOVED_GLOBALS,
    parts: PARTS,
    consoleMethods: CONSOLE_METHODS,
  }
  return {
    glue: GLUE,
    spec: JSON.stringify(spec),
    modules: modules.flatMap(({ module, compilation }) =>
      compilation.ok ? [{ name: module.name, file: fileName(module.name), script: compilation.program.script }] : [],
    ),
    operations: {
      module: ToGuest.module,
      broken: ToGuest.broken,
      value: ToGuest.value,
      json: ToGuest.answer,
      rejection: ToGuest.rejection,
    },
  }
}

/** True for a path that a guest may see. */
export function isPath(path: readonly string[]): boolean {
  return (
    path.length > 1 && path.every((part) => NAME.test(part) && !REFUSED_NAMES.has(part)) && !KEPT.has(path[0] ?? '')
  )
}

/** An alias is data, looked up and never compiled: any text that code does not ask of every object. */
function isAlias(name: string): boolean {
  return name.length <= MAX_ALIAS_CHARS && !REFUSED_NAMES.has(name)
}

function rootsOf(image: SandboxImage): string[] {
  const paths = [...image.functions, ...image.modules].map(({ path }) => path)
  return [...new Set([...ROOTS, ...paths.filter(isPath).flatMap(([root]) => root ?? [])])]
}

function aliasesOf(module: GuestModule): [string, string][] {
  return Object.entries(module.aliases ?? {}).filter((pair) => pair.every((name) => isPath(['tools', name])))
}
