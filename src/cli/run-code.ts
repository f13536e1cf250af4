import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { parseParams, timeoutOf } from './call.ts'
import { type CommandContext, UsageError } from './command.ts'
import { openGateway } from './gateway.ts'
import { printAnswer, TIMEOUT_FLAG } from './output.ts'

/** Runs the command `run`. */
export async function runFile(context: CommandContext): Promise<number> {
  const [file] = context.positionals
  if (file === undefined) throw new UsageError('which file? use - for standard input')
  const code = file === '-' ? await textOf(context.stdin) : await readSource(resolve(context.cwd, file))
  const request = { code, params: parseParams(context.values['params']), ...timeoutOf(context) }
  const { optimizer } = await openGateway(context)
  try {
    return printAnswer(context, await optimizer.execute(request, { signal: context.signal }), TIMEOUT_FLAG)
  } finally {
    await optimizer[Symbol.asyncDispose]()
  }
}

async function readSource(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`cannot read ${path}: ${error.code === 'ENOENT' ? 'no such file' : error.message}`)
  })
}

async function textOf(stream: Readable): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(Buffer.from(chunk as Uint8Array))
  return Buffer.concat(chunks).toString('utf8')
}
