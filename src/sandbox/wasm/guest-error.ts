import { type ErrorCode, ERROR_CODES } from '../../errors.ts'
import { isRecord } from '../../internal/json.ts'
import { nearestNames } from '../../internal/nearest.ts'
import { modelText, serverText } from '../../internal/text.ts'
import { type GuestError } from '../sandbox.ts'
import { columnInSource } from '../program/read-program.ts'
import { type SourceKind } from '../strip-types.ts'
import { WRAPPER_LINES } from './program.ts'

/** A source that frames of a stack may point into. */
export interface FrameSource {
  readonly source: string
  readonly kind: SourceKind
}

export interface ErrorContext {
  /** The source that stack traces show by this file name. */
  find(file: string): FrameSource | undefined
  /** The dotted paths that the guest sees, for what was meant by an unknown one. */
  readonly paths: readonly string[]
}

interface Frame {
  readonly fn: string
  readonly file: string
  readonly line: number
  readonly column: number
}

const MAX_FRAMES = 10
const CODES: ReadonlySet<string> = new Set(ERROR_CODES)

/** The error that a guest described, as text that may leave: bounded, cleaned, places as in the agent's source. */
export function toGuestError(description: string, parsing: boolean, context: ErrorContext): GuestError {
  const body = parseDescription(description)
  const frames = readFrames(typeof body['stack'] === 'string' ? body['stack'] : '', context)
  const [top] = frames
  const message = typeof body['message'] === 'string' ? body['message'] : 'the program threw'
  const code = parsing ? 'INVALID_CODE' : body['code']
  return {
    name: modelText(typeof body['name'] === 'string' ? body['name'] : 'Error', 100),
    message: serverText(improve(message, parsing, top, context)),
    ...(typeof code === 'string' && CODES.has(code) && { code: code as ErrorCode }),
    ...(top !== undefined && { line: top.line, column: top.column }),
    ...(frames.length > 0 && !parsing && { stack: frames.map(showFrame).join('\n') }),
    ...(isRecord(body['details']) && { details: body['details'] }),
  }
}

function parseDescription(description: string): Record<string, unknown> {
  const body: unknown = JSON.parse(description)
  return isRecord(body) ? body : {}
}

function showFrame({ fn, file, line, column }: Frame): string {
  return `    at ${fn === '' ? '<anonymous>' : modelText(fn, 100)} (${file}:${line}:${column})`
}

const FRAME = /^\s*at (?:(.*?) \()?([\w.-]+):(\d+):(\d+)\)?$/

/** Frames inside the agent's sources; the stack is text that the guest may have written itself. */
function readFrames(stack: string, context: ErrorContext): Frame[] {
  const frames: Frame[] = []
  for (const text of stack.split('\n')) {
    const [, fn = '', file = '', line, column] = FRAME.exec(text) ?? []
    const known = context.find(file)
    if (known === undefined) continue
    frames.push({ fn, file, ...placeOf(known, Number(line) - WRAPPER_LINES, Number(column)) })
    if (frames.length === MAX_FRAMES) break
  }
  return frames
}

/** A place of the compiled code in the source; what lies behind its end is the wrapper's and counts as its end. */
function placeOf({ source, kind }: FrameSource, line: number, column: number): { line: number; column: number } {
  const lines = source.split('\n')
  if (line < 1) return { line: 1, column: 1 }
  if (line > lines.length) return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 }
  try {
    return { line, column: Math.max(1, columnInSource(source, kind, line, column)) }
  } catch {
    return { line, column }
  }
}

function improve(message: string, parsing: boolean, top: Frame | undefined, context: ErrorContext): string {
  if (parsing) return /label/.test(message) ? 'the code closes a bracket that it did not open' : message
  if (top === undefined || !/not a function|of undefined/.test(message)) return message
  const line = context.find(top.file)?.source.split('\n')[top.line - 1] ?? ''
  const wanted = calledPaths(line).find((path) => !context.paths.includes(path))
  if (wanted === undefined) return message
  const nearest = nearestNames(wanted, context.paths)
  const hint = nearest.length > 0 ? `; nearest: ${nearest.join(', ')}` : ''
  return `${wanted} does not exist${hint}`
}

function calledPaths(line: string): string[] {
  const paths = line.match(/\b(?:tools|intents|results)\s*(?:\.\s*[\w$]+|\[\s*(?:'[^']*'|"[^"]*")\s*\])+/g) ?? []
  return paths.map((path) => path.replace(/\s+/g, '').replace(/\[(['"])(.*?)\1\]/g, '.$2'))
}
