import { type ErrorCode, ERROR_CODES } from '../../errors.ts'
import { isRecord } from '../../internal/json.ts'
import { cutText, modelText, serverText } from '../../internal/text.ts'
import { type GuestError } from '../sandbox.ts'
import { explainError } from '../program/explain-error.ts'
import { explainSyntax } from '../program/explain-syntax.ts'
import { columnsInSource, shownSource, tokensOf } from '../program/read-program.ts'
import { type SourceKind } from './strip-types.ts'
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
/** Longer sources are not read again for the names and columns in an error: other programs wait for their thread meanwhile. */
const MAX_READ_AGAIN = 32_000
/** Brackets inside each other, each of which is read with all that is in it. */
const MAX_NESTING = 100
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
    message: serverText(improve(message, parsing, top, body, context)),
    ...(typeof code === 'string' && CODES.has(code) && { code: code as ErrorCode }),
    ...(top !== undefined && { line: top.line, column: top.column }),
    ...(frames.length > 0 && !parsing && { stack: frames.map(showFrame).join('\n') }),
    ...(isRecord(body['details']) && { details: body['details'] }),
  }
}

type Guest = Record<string, unknown>

function parseDescription(description: string): Guest {
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
  // Each source is read once, however many frames point into it.
  const places = new Map<string, PlaceOf>()
  for (const text of stack.split('\n')) {
    const [, fn = '', file = '', line, column] = FRAME.exec(text) ?? []
    const known = context.find(file)
    if (known === undefined) continue
    const placeOf = places.get(file) ?? createPlaces(known)
    places.set(file, placeOf)
    frames.push({ fn, file, ...placeOf(Number(line) - WRAPPER_LINES, Number(column)) })
    if (frames.length === MAX_FRAMES) break
  }
  return frames
}

type PlaceOf = (line: number, column: number) => { line: number; column: number }

/** Places of the compiled code in the source; what lies behind its end is the wrapper's and counts as its end. */
function createPlaces({ source, kind }: FrameSource): PlaceOf {
  const lines = shownSource(source, kind).split('\n')
  let columnOf: ReturnType<typeof columnsInSource> | undefined
  return (line, column) => {
    if (line < 1) return { line: 1, column: 1 }
    if (line > lines.length) return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 }
    if (source.length > MAX_READ_AGAIN) return { line, column }
    try {
      columnOf ??= columnsInSource(source, kind)
      return { line, column: Math.max(1, columnOf(line, column)) }
    } catch {
      return { line, column }
    }
  }
}

/** The message with what it is about, where the source says it. */
function improve(
  message: string,
  parsing: boolean,
  top: Frame | undefined,
  body: Guest,
  context: ErrorContext,
): string {
  const own = top && context.find(top.file)
  if (top === undefined || own === undefined || message.length > 1_000) return message
  if (own.source.length > MAX_READ_AGAIN) return message
  try {
    const tokens = tokensOf(own.source, own.kind)
    if (tokens.isDeeperThan(MAX_NESTING)) return message
    const offset = offsetOf(tokens.source, top.line, top.column)
    if (parsing) return explainSyntax(message, { tokens, offset })
    return explainError(message, { tokens, offset, paths: context.paths, answers: answersOf(body) })
  } catch {
    // What is explained was written by a guest: an explanation that fails leaves what its engine said.
    return message
  }
}

/** The shapes of answers that the guest tells. */
function answersOf(body: Guest): Record<string, string> {
  const { answers } = body
  if (!isRecord(answers)) return {}
  const entries = Object.entries(answers).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  return Object.fromEntries(entries.map(([path, shape]) => [path, cutText(shape, 300)]))
}

function offsetOf(source: string, line: number, column: number): number {
  let start = 0
  for (let left = line - 1; left > 0; left--) start = source.indexOf('\n', start) + 1
  return start + column - 1
}
