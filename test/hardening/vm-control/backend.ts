import { format } from 'node:util'
import { createContext, runInContext } from 'node:vm'
import {
  type HostCall,
  type Outcome,
  type Program,
  type Sandbox,
  type SandboxBackend,
  type SandboxImage,
  type SandboxLimits,
} from '../../../src/sandbox/sandbox.ts'

/**
 * How one would do it in an afternoon, with `node:vm`: host functions and objects are handed in, parameters and tool
 * names are put into source, only synchronous time is bounded. It is here to be broken, by programs that the real
 * backends contain, and runs in a child process alone.
 */
export function createVmControl(): SandboxBackend {
  return {
    name: 'vm-control',
    enforces: new Set(),
    create: async (image) => new VmSandbox(image),
    async [Symbol.asyncDispose]() {},
  }
}

class VmSandbox implements Sandbox {
  private readonly image: SandboxImage
  private readonly tools: Record<string, unknown> = {}
  private readonly context = createContext({ tools: this.tools, setTimeout, setInterval, setImmediate, clearTimeout })

  constructor(image: SandboxImage) {
    this.image = image
  }

  async run(program: Program, call: HostCall, limits: SandboxLimits): Promise<Outcome> {
    const startedAt = performance.now()
    const logs: string[] = []
    const { signal } = new AbortController()
    let hostCalls = 0
    const ended = (status: Outcome['status'], rest: Partial<Outcome>): Outcome => ({
      status,
      logs,
      hostCalls,
      durationMs: performance.now() - startedAt,
      setupMs: 0,
      ...rest,
    })
    try {
      const invoke = async (name: string, ...list: unknown[]): Promise<unknown> => {
        hostCalls++
        return JSON.parse(await call(name, JSON.stringify(list), signal))
      }
      const log = (...values: unknown[]): void => void logs.push(format(...values))
      Object.assign(this.context, { invoke, console: { log, warn: log, error: log } })
      runInContext(toolsSource(this.image), this.context)
      Object.assign(this.tools, Object.fromEntries(this.names().map((name) => [name, invoke.bind(undefined, name)])))
      const input = program.kind === 'body' ? (JSON.parse(program.input) as Record<string, unknown>) : {}
      const source = program.kind === 'body' ? program.source : ''
      Object.assign(this.context, { params: input })
      const script = `(async () => { ${paramsSource(input)} ${source} })()`
      const result = runInContext(script, this.context, { timeout: limits.timeoutMs }) as Promise<unknown>
      return ended('ok', { value: JSON.stringify((await settled(result, limits.timeoutMs)) ?? null) })
    } catch (error) {
      const { name, message, stack, cause } = error as Error
      const status = message.includes('timed out') ? 'timeout' : 'error'
      return ended(status, { error: { name, message, stack: `${stack}`, details: { cause: `${cause}` } } })
    }
  }

  async reset(): Promise<boolean> {
    return true
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  private names(): string[] {
    return this.image.functions.filter(({ path }) => path.length === 2).map(({ name }) => name)
  }
}

/** Wrappers by concatenation. */
function toolsSource({ functions }: SandboxImage): string {
  return functions
    .map(
      ({ path, name }) =>
        `/** ${name} */ ${path.slice(0, -1).join('.')}["${path.at(-1)}"] = (...a) => invoke("${name}", ...a)`,
    )
    .map((line) => (line.includes('.hostile[') ? `tools.hostile ??= {}; ${line}` : line))
    .join('\n')
}

/** Parameters as literals; those that hold more than texts and numbers are handed over as they are. */
function paramsSource(input: Record<string, unknown>): string {
  const values = Object.entries(input)
  if (values.some(([, value]) => typeof value === 'object')) return ''
  const literals = values.map(([key, value]) => `"${key}": ${typeof value === 'string' ? `"${value}"` : String(value)}`)
  return `const params = { ${literals.join()} };`
}

async function settled(result: Promise<unknown>, timeoutMs: number): Promise<unknown> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const timeout = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('timed out')), timeoutMs)
  })
  try {
    return await Promise.race([result, timeout])
  } finally {
    clearTimeout(timer)
  }
}
