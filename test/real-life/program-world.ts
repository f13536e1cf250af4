import { DEFAULT_LIMITS, type Outcome, type SandboxImage } from '../../src/sandbox/sandbox.ts'
import { createWasmBackend } from '../../src/sandbox/wasm/backend.ts'

const ANSWERS: Readonly<Record<string, unknown>> = {
  'shop.list_issues': {
    items: [
      { title: 'first', id: 1 },
      { title: 'second', id: 2 },
    ],
    nextCursor: null,
    total: 2,
  },
  'shop.create_issue': { number: 7 },
  'files.read_file': 'one\ntwo',
  'files.read_json': { name: 'demo', version: '1.0.0' },
  'files.list': [{ name: 'a.txt', size: 1 }],
}
const NAMES = [...Object.keys(ANSWERS), 'shop.echo', 'github.search_issues', 'my-files.read_file']

const IMAGE: SandboxImage = {
  version: 'programs-1',
  functions: [
    ...NAMES.map((name) => ({ path: ['tools', ...name.split('.')], name })),
    ...['get', 'list', 'read'].map((name) => ({ path: ['results', name], name: `results.${name}` })),
  ],
  modules: [{ path: ['intents', 'summary'], name: 'summary', source: 'export default async () => ({ lines: 3 })' }],
}

export interface ProgramWorld extends AsyncDisposable {
  /** How a program ends, and the names of the calls that it made. */
  run(source: string, input?: unknown): Promise<Outcome & { calls: string[] }>
}

/** A sandbox with a few tools for programs as models write them. */
export function createProgramWorld(): ProgramWorld {
  const backend = createWasmBackend({ poolSize: 1 })
  return {
    async run(source, input = {}) {
      const calls: string[] = []
      const sandbox = await backend.create(IMAGE)
      const answer = async (name: string, argument: string): Promise<string> => {
        calls.push(name)
        const value = name === 'shop.echo' ? JSON.parse(argument) : ANSWERS[name]
        return typeof value === 'string' ? value : JSON.stringify(value ?? {})
      }
      const program = { kind: 'body' as const, source, input: JSON.stringify(input) }
      try {
        return { ...(await sandbox.run(program, answer, DEFAULT_LIMITS)), calls }
      } finally {
        await sandbox[Symbol.asyncDispose]()
      }
    },
    async [Symbol.asyncDispose]() {
      await backend[Symbol.asyncDispose]()
    },
  }
}
