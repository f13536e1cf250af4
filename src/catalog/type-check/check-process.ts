import { readdirSync, readFileSync } from 'node:fs'
import process from 'node:process'
import { createCommandCompiler } from './command-compiler.ts'
import { type CheckRequest, type CheckResponse, type Compiler, MAX_FINDINGS } from './compiler.ts'

/**
 * The process that checks types: it holds the compiler, and ends when the gateway is gone. It leads a process group, so
 * that one signal ends it with the compiler's own process.
 * Arguments: folder for the fall-back's files, `native` or `command`, bytes of memory that the compiler may use.
 */
const [folder = '', wanted = 'native', maxMemory = '0'] = process.argv.slice(2)
const MEMORY_POLL_MS = 50
const PAGE_BYTES = 4_096

let compiler: Promise<Compiler> | undefined

process.on('disconnect', () => endGroup())
process.on('message', (request: CheckRequest) => void answer(request))

async function answer(request: CheckRequest): Promise<void> {
  const watch = setInterval(endWhenTooLarge, MEMORY_POLL_MS)
  try {
    compiler ??= createCompiler()
    const ready = await compiler
    if (request.declarations !== undefined) ready.declare(request.declarations)
    const findings = await ready.check(request.program)
    send({ id: request.id, findings: findings.slice(0, MAX_FINDINGS), count: findings.length })
  } catch (error) {
    compiler = undefined
    send({ id: request.id, failure: error instanceof Error ? error.message : String(error) })
  } finally {
    clearInterval(watch)
  }
}

/** The native API where this TypeScript has it, else its command. */
async function createCompiler(): Promise<Compiler> {
  if (wanted === 'native') {
    try {
      const { createNativeCompiler } = await import('./native/native-compiler.ts')
      return await createNativeCompiler()
    } catch {
      // An older TypeScript, or a newer one whose unstable API has changed.
    }
  }
  return createCommandCompiler(folder)
}

function send(response: CheckResponse): void {
  process.send?.(response)
}

/** The compiler's process has no hard limit of its own; where its size can be read, it is ended for all to see. */
function endWhenTooLarge(): void {
  const limit = Number(maxMemory)
  try {
    for (const child of childrenOf(process.pid)) {
      const pages = Number(readFileSync(`/proc/${child}/statm`, 'utf8').split(' ')[1])
      if (pages * PAGE_BYTES > limit) endGroup()
    }
  } catch {
    // Not Linux, or it has just ended.
  }
}

function childrenOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean),
  )
}

function endGroup(): void {
  try {
    process.kill(process.platform === 'win32' ? process.pid : -process.pid, 'SIGKILL')
  } finally {
    process.exit(1)
  }
}
