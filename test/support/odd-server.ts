import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from './servers.ts'

/** How one answer is written instead of the proper one; `ID` stands for the id of the request. */
export interface OddAnswers {
  readonly initialize?: string
  readonly list?: string
  readonly call?: string
  /** Runs in the server before it reads. */
  readonly before?: string
}

const LIST = '{"jsonrpc":"2.0","id":ID,"result":{"tools":[{"name":"act","inputSchema":{"type":"object"}}]}}'
const INITIALIZE =
  '{"jsonrpc":"2.0","id":ID,"result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"odd","version":"1"}}}'

/** A real server over stdio that writes its answers as they are given here. */
export function oddServer({ initialize = INITIALIZE, list = LIST, call = '', before = '' }: OddAnswers): {
  readonly type: 'stdio'
  readonly command: string
  readonly args: string[]
  readonly env: Record<string, string>
  readonly seen: () => string[]
} {
  const seen = join(temporaryFolder(), 'seen')
  const script = `const { appendFileSync } = require('node:fs')
const answers = ${JSON.stringify({ initialize, 'tools/list': list, 'tools/call': call })}
const send = (text) => process.stdout.write(text + '\\n')
${before}
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line)
  appendFileSync(process.env.SEEN, method + ' ' + (params?.protocolVersion ?? '') + '\\n')
  if (id === undefined || answers[method] === undefined) return
  if (globalThis.answer?.(id, method, params) !== true) send(answers[method].replaceAll('ID', String(id)))
})`
  return {
    type: 'stdio',
    command: process.execPath,
    args: ['-e', script],
    env: { SEEN: seen },
    seen: () => (existsSync(seen) ? readFileSync(seen, 'utf8').trim().split('\n') : []),
  }
}
