import { styleText } from 'node:util'

type Colour = Extract<Parameters<typeof styleText>[0], string>

const COLOURS: Readonly<Record<string, Colour>> = { error: 'red', warn: 'yellow', info: 'green', debug: 'blue' }

/** A log line in JSON as a person reads it: time of day, level and message, below them a field a line. Other lines stay. */
export function prettyLine(line: string): string {
  const parsed = parse(line)
  if (parsed === undefined) return line
  const { time, level, msg, ...fields } = parsed
  const colour = COLOURS[String(level)] ?? 'white'
  const head = `[${timeOfDay(time)}] ${paint(colour, String(level).toUpperCase())}: ${paint('cyan', String(msg ?? ''))}`
  const below = Object.entries(fields).map(([name, value]) => `    ${paint('magenta', name)}: ${shown(value)}`)
  return `${[head, ...below].join('\n')}\n`
}

/** Undefined for a line in which a secret was taken out of the JSON itself. */
function parse(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(line) as Readonly<Record<string, unknown>>
  } catch {
    return undefined
  }
}

/** In colour whatever stdout is: the lines go to another stream, and the caller has looked at it. */
function paint(colour: Colour, text: string): string {
  return text === '' ? '' : styleText(colour, text, { validateStream: false })
}

function timeOfDay(time: unknown): string {
  const date = new Date(String(time))
  if (Number.isNaN(date.getTime())) return String(time)
  const two = (value: number): string => String(value).padStart(2, '0')
  const ms = String(date.getMilliseconds()).padStart(3, '0')
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${ms}`
}

/** Texts keep their lines, such as those of a stack. */
function shown(value: unknown): string {
  return (typeof value === 'string' ? value : JSON.stringify(value, undefined, 2)).replaceAll('\n', '\n      ')
}
