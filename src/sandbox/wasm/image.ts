import { messageOf } from '../../internal/text.ts'
import type { GuestFunction, GuestModule, SandboxImage } from '../sandbox.ts'
import { GLUE_SOURCE, type GlueImage, REFUSED_NAMES } from './glue.ts'
import { GuestException, Instance, type InstanceOptions, type MemoryImage } from './instance.ts'
import type { Transpiler } from './transpile.ts'

/** A primed memory and what is needed to read its calls. */
export interface PrimedImage {
  readonly memory: MemoryImage
  /** Names of the host functions, by the index the guest sends. */
  readonly version: string
  /** Names of the host functions, by the index the guest sends. */
  readonly names: readonly string[]
  readonly modules: ReadonlySet<string>
  /** The instance that was primed, as the first of this image. */
  readonly first: Instance
}

/** Primes an engine with an image's functions and modules and takes its memory. */
export async function primeImage(image: SandboxImage, transpiler: Transpiler, options: InstanceOptions): Promise<PrimedImage> {
  const instance = await Instance.create(options)
  const functions = image.functions.filter(({ path }) => isUsable(path))
  instance.evaluate('globalThis.__factories = []', 'image')
  const modules = image.modules.filter(({ path }) => isUsable(path))
  const compiled = modules.map((module) => compileModule(module, instance, transpiler))
  const glue: GlueImage = {
    functions: functions.map(({ path, spread = false }: GuestFunction) => ({ path, spread })),
    modules: compiled.map(({ module, problem }) => ({
      path: module.path,
      name: module.name,
      aliases: module.aliases ?? {},
      ...(problem === undefined ? {} : { problem }),
    })),
  }
  for (const { source, module } of compiled) instance.pushFactory(source ?? '(function () {})', `${module.name}.ts`)
  instance.evaluate(`${GLUE_SOURCE}(${JSON.stringify(glue)}, globalThis.__factories); delete globalThis.__factories`, 'glue')
  return { memory: instance.takeImage(), version: image.version, names: functions.map(({ name }) => name), modules: new Set(modules.map(({ name }) => name)), first: instance }
}

function compileModule(module: GuestModule, instance: Instance, transpiler: Transpiler): { readonly module: GuestModule; readonly source?: string; readonly problem?: string } {
  try {
    const source = moduleSource(transpiler.module(module.source))
    // Compiled alone first: a module that does not parse must not take the others with it.
    instance.compile(source, `${module.name}.ts`).dispose()
    return { module, source }
  } catch (thrown) {
    if (thrown instanceof GuestException || thrown instanceof Error) return { module, problem: messageOf(thrown) }
    throw thrown
  }
}

/** A function that fills `exports`; the first line is the wrapper's, see `WRAPPER_LINES`. */
export function moduleSource(code: string): string {
  return `(function (exports, require) { 'use strict';\n${code}\n})`
}

function isUsable(path: readonly string[]): boolean {
  return path.length > 0 && path.every((name) => /^[\w$.-]{1,128}$/.test(name) && !REFUSED_NAMES.has(name))
}
