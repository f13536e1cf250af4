import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { execPath } from 'node:process'
import {
  COMPILER_OPTIONS,
  type Compiler,
  ENGINE_DECLARATIONS,
  type Finding,
  isSyntax,
  type WrappedProgram,
} from './compiler.ts'

/** Any TypeScript by its command, `tsc -p`, on files in `folder`: slow, without fields, and blind to lost promises. */
export function createCommandCompiler(folder: string): Compiler {
  const tsc = findCommand()
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text)
  write('engine.d.ts', ENGINE_DECLARATIONS)
  write(
    'tsconfig.json',
    JSON.stringify({ compilerOptions: COMPILER_OPTIONS, files: ['engine.d.ts', 'tools.d.ts', 'program.ts'] }),
  )
  return {
    name: 'tsc',
    declare: (declarations) => write('tools.d.ts', declarations),
    async check(program) {
      write('program.ts', program.text)
      const { code, output } = await run(tsc, folder)
      const findings = readFindings(output, program)
      if (code !== 0 && findings.length === 0) throw new Error(`tsc ended with ${code} and named no place`)
      return findings
    },
    async [Symbol.asyncDispose]() {
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function findCommand(): string {
  const require = createRequire(import.meta.url)
  let manifest: string
  try {
    manifest = require.resolve('typescript/package.json')
  } catch (cause) {
    throw new Error('the package "typescript" is not installed (npm install typescript@7)', { cause })
  }
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8')) as { bin: { tsc: string } }
  return join(dirname(manifest), bin.tsc)
}

async function run(tsc: string, folder: string): Promise<{ code: number | null; output: string }> {
  const child = spawn(execPath, [tsc, '-p', folder, '--pretty', 'false'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    cwd: folder,
    env: {},
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    if (output.length < 1_000_000) output += chunk
  })
  return await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, output }))
  })
}

const LINE = /^program\.ts\((\d+),(\d+)\): error TS(\d+): (.*)$/

/** Lines like `program.ts(2,5): error TS2551: …`; what is indented below one explains it. */
function readFindings(output: string, { text }: WrappedProgram): Finding[] {
  const starts = lineStarts(text)
  const findings: Finding[] = []
  for (const line of output.split('\n')) {
    const [, row, column, code, message = ''] = LINE.exec(line.trimEnd()) ?? []
    const last = findings.at(-1)
    if (row !== undefined) {
      const at = (starts[Number(row) - 1] ?? 0) + Number(column) - 1
      findings.push({ at, code: Number(code), syntax: isSyntax(Number(code)), message })
    } else if (last !== undefined && /^\s+\S/.test(line)) {
      findings[findings.length - 1] = { ...last, message: line.trim() }
    }
  }
  return findings
}

function lineStarts(text: string): number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}
