import { styleText } from 'node:util'

type Paint = (text: string) => string

/** All colours of the command line, by what they mean. */
export interface Palette {
  readonly heading: Paint
  /** Names of commands, flags, servers. */
  readonly name: Paint
  readonly ok: Paint
  readonly wrong: Paint
  /** Not wrong, yet worth a look. */
  readonly warn: Paint
  readonly figure: Paint
  /** What may be overlooked: borders, hints. */
  readonly faint: Paint
}

const STYLES = {
  heading: ['bold'],
  name: ['cyan'],
  ok: ['green'],
  wrong: ['bold', 'red'],
  warn: ['yellow'],
  figure: ['bold'],
  faint: ['dim'],
} as const satisfies Record<keyof Palette, readonly string[]>

/** The palette for what goes to one stream: plain where nobody would see colours. */
export function createPalette(
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>>,
): Palette {
  const isColoured = wantsColour(stream, env)
  const paint = (style: keyof Palette): Paint => {
    const formats = STYLES[style]
    return isColoured
      ? (text) => formats.reduce<string>((inner, format) => styled(format, inner), text)
      : (text) => text
  }
  return {
    heading: paint('heading'),
    name: paint('name'),
    ok: paint('ok'),
    wrong: paint('wrong'),
    warn: paint('warn'),
    figure: paint('figure'),
    faint: paint('faint'),
  }
}

/** NO_COLOR comes first (no-color.org), then FORCE_COLOR, then what the stream is; CI alone changes nothing. */
function wantsColour(
  { isTTY }: { readonly isTTY?: boolean },
  { NO_COLOR: no = '', FORCE_COLOR: force, TERM: terminal }: Readonly<Record<string, string | undefined>>,
): boolean {
  if (no !== '') return false
  if (force !== undefined && force !== '') return force !== '0' && force !== 'false'
  return isTTY === true && terminal !== 'dumb'
}

/** Node would decide for stdout by itself otherwise. */
function styled(format: (typeof STYLES)[keyof typeof STYLES][number], text: string): string {
  return text === '' ? '' : styleText(format, text, { validateStream: false })
}
