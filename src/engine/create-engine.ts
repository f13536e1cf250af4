import type { Catalog } from '../catalog/catalog.ts'
import type { ToolSearch } from '../catalog/search/tool-search.ts'
import type { TypeChecker } from '../catalog/type-check/type-check.ts'
import type { Validator } from '../catalog/validate.ts'
import type { Program } from '../sandbox/sandbox.ts'
import type { Upstream } from '../upstream/upstream.ts'
import { runBatch } from './batch.ts'
import type { Builtin } from './builtins.ts'
import { requireTypes } from './check-types.ts'
import type { Engine, Manifest } from './engine.ts'
import type { LiveCatalog } from './live-catalog.ts'
import { createPipeline, type PipelineOptions } from './pipeline.ts'
import { parseCodeRequest, parseIntentRequest, parseSearchRequest } from './requests.ts'
import { checkInput, createRouter } from './route.ts'
import { createRunner, type RunnerOptions } from './run-program.ts'
import type { WorkedPrograms } from './save-intent.ts'

export interface EngineOptions extends RunnerOptions, Omit<PipelineOptions, 'catalogVersion'> {
  readonly live: LiveCatalog
  readonly upstreams: ReadonlyMap<string, Upstream>
  /** Checks the code of `execute` before it runs. Undefined: it runs unchecked. */
  readonly typeChecker?: TypeChecker | undefined
  readonly validator: Validator
  readonly search: ToolSearch
  readonly builtins: readonly Builtin[]
  readonly worked: WorkedPrograms
  /** How long a request waits for tool lists that are still being read, milliseconds. */
  readonly listWaitMs: number
  readonly name: string
  readonly version: string
}

/** The four operations, each one story through the seven stages. */
export function createEngine(options: EngineOptions): Engine {
  const { live, validator, listWaitMs, typeChecker } = options
  const builtins = new Map(options.builtins.map((builtin) => [builtin.intent.name, builtin]))
  const pipeline = createPipeline({ ...options, catalogVersion: () => live.current().version })
  const route = createRouter({ live, builtins, listWaitMs })
  const runner = createRunner(options)
  const complete = (): Catalog => withBuiltins(live.current(), builtins)

  return {
    executeIntent: (request, context) =>
      pipeline('intent', request, context, async (run) => {
        const { intent, params = {}, timeoutMs } = parseIntentRequest(request)
        run.operation.enter('route')
        const { catalog, target } = await route(intent)
        run.catalog = catalog
        run.intent = intent
        run.operation.enter('validate')
        checkInput(target, params, validator)
        return await runner.target(run, target, catalog, params, timeoutMs)
      }),

    executeBatch: (request, context) =>
      pipeline(
        'batch',
        request,
        context,
        async (run) => await runBatch(request, run, { route, validator, runner, catalog: () => live.current() }),
      ),

    execute: (request, context) =>
      pipeline('code', request, context, async (run) => {
        const { code, params, timeoutMs } = parseCodeRequest(request)
        run.operation.enter('route')
        if (!live.settled) await live.ready(listWaitMs)
        run.catalog = live.current()
        run.operation.enter('generate')
        if (typeChecker !== undefined)
          await requireTypes(typeChecker, { source: code }, run.catalog, run.context.signal)
        const program: Program = { kind: 'body', source: code, input: JSON.stringify(params), name: 'program' }
        const json = await runner.program(run, run.catalog, program, timeoutMs)
        options.worked.remember(code, params)
        return json
      }),

    search: (request, context) =>
      pipeline('search', request, context, async (run) => {
        const parsed = parseSearchRequest(request)
        run.operation.enter('route')
        live.retry()
        if (!live.settled) await live.ready(listWaitMs)
        run.catalog = live.current()
        run.operation.enter('execute')
        return JSON.stringify(options.search.answer(complete(), parsed))
      }),

    discover: () => manifest(live.current(), builtins, options),
    catalog: () => live.current(),
    intents: () => [...complete().intents.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    async ready(timeoutMs = 30_000) {
      await live.ready(timeoutMs)
    },
    servers: () => new Map([...options.upstreams].map(([name, upstream]) => [name, upstream.status()])),
  }
}

/** The catalog as search shows it: the gateway's own intents among the others. */
function withBuiltins(catalog: Catalog, builtins: ReadonlyMap<string, Builtin>): Catalog {
  const known = shown.get(catalog)
  if (known !== undefined) return known
  const intents = new Map([...catalog.intents, ...[...builtins].map(([name, { intent }]) => [name, intent] as const)])
  const complete = { ...catalog, intents }
  shown.set(catalog, complete)
  return complete
}

const shown = new WeakMap<Catalog, Catalog>()

function manifest(catalog: Catalog, builtins: ReadonlyMap<string, Builtin>, options: EngineOptions): Manifest {
  return {
    name: options.name,
    version: options.version,
    capabilities: {
      code_execution: {
        intents: [...catalog.intents.keys(), ...builtins.keys()],
        max_timeout: options.maxTimeoutMs / 1_000,
        max_memory_mb: options.limits.memoryBytes / 1_048_576,
      },
    },
  }
}
