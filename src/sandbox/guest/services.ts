import { isRecord } from '../../internal/json.ts'
import { createIntlService } from './intl-service.ts'
import { partSource } from './parts.ts'
import { encodeText, decodeText } from './text-service.ts'
import { parseUrl, readQuery, writeQuery } from './url-service.ts'

/** Bytes of one question: more is refused. */
export const MAX_QUESTION_BYTES: number = 8 * 1024 * 1024

type Service = (request: unknown) => unknown

/**
 * Answers what guests ask of the JavaScript of their thread, where it has what theirs lacks: formats of all languages, URLs,
 * character sets, and the sources of their own globals. Synchronous, without effect, and the same for the same question;
 * questions come from programs, so each service checks its own.
 * Question and answer are JSON text: `[kind, request]`, `{value}` or `{error: {name, message}}`.
 */
export function createServices(): (question: string) => string {
  const services: ReadonlyMap<unknown, Service> = new Map<unknown, Service>([
    ['source', (name) => (typeof name === 'string' ? partSource(name) : undefined)],
    ['intl', createIntlService()],
    ['url', parseUrl],
    ['readQuery', readQuery],
    ['writeQuery', writeQuery],
    ['encode', encodeText],
    ['decode', decodeText],
  ])
  return (question) => {
    try {
      const [kind, request] = parseQuestion(question)
      return JSON.stringify({ value: services.get(kind)?.(request) ?? null })
    } catch (error) {
      return JSON.stringify({ error: describeError(error) })
    }
  }
}

/** What is answered to a question that is too long to be read. */
export const TOO_LONG: string = JSON.stringify({
  error: { name: 'RangeError', message: `this is longer than ${MAX_QUESTION_BYTES} bytes` },
})

function parseQuestion(question: string): readonly unknown[] {
  const parsed: unknown = JSON.parse(question)
  return Array.isArray(parsed) ? parsed : []
}

function describeError(error: unknown): { name: string; message: string; code?: string } {
  if (!(error instanceof Error)) return { name: 'Error', message: 'not available here' }
  const { name, message } = error
  const code = isRecord(error) ? error['code'] : (error as { code?: unknown }).code
  return { name, message: message.slice(0, 1_000), ...(typeof code === 'string' && { code }) }
}
