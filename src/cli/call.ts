import { isRecord } from '../internal/json.ts'
import { type Command, UsageError } from './command.ts'
import { GATEWAY_HELP, GATEWAY_OPTIONS, openGateway } from './gateway.ts'
import { printAnswer } from './output.ts'
import { cutText } from '../internal/text.ts'

export const call: Command = {
  name: 'call',
  summary: 'Run an intent, or a tool by its name server.tool',
  usage: 'INTENT [key=value ...] [--params JSON]',
  options: { params: { type: 'string' }, json: { type: 'boolean' }, ...GATEWAY_OPTIONS },
  help: { params: 'parameters as a JSON object', json: 'print the whole answer as JSON', ...GATEWAY_HELP },
  examples: [
    'mcp-optimizer call list_errors --params \'{"limit": 5}\'',
    'mcp-optimizer call filesystem.read_text_file path=README.md',
  ],
  async run(context) {
    const [intent, ...pairs] = context.positionals
    if (intent === undefined) throw new UsageError('which intent? for example: mcp-optimizer call list_errors')
    const params = { ...parseParams(context.values['params']), ...Object.fromEntries(pairs.map(parsePair)) }
    const { optimizer } = await openGateway(context)
    try {
      return printAnswer(context, await optimizer.executeIntent({ intent, params }, { signal: context.signal }))
    } finally {
      await optimizer[Symbol.asyncDispose]()
    }
  },
}

/** A JSON object given on the command line. */
export function parseParams(text: string | boolean | undefined): Record<string, unknown> {
  if (typeof text !== 'string') return {}
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new UsageError(`--params: ${cutText(text, 80)} is not JSON`)
  }
  if (!isRecord(value)) throw new UsageError('--params: wanted a JSON object')
  return value
}

/** `key=value`; a value that is JSON counts as such, else as text. */
function parsePair(pair: string): [string, unknown] {
  const at = pair.indexOf('=')
  if (at < 1) throw new UsageError(`"${pair}" is not key=value`)
  const text = pair.slice(at + 1)
  try {
    return [pair.slice(0, at), JSON.parse(text)]
  } catch {
    return [pair.slice(0, at), text]
  }
}
