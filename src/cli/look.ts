import type { CommandContext } from './command.ts'
import { createPalette } from './palette.ts'
import type { TableLook } from './table.ts'

const USUAL_WIDTH = 80
const MIN_WIDTH = 40

/** Colours and width for what a command prints on stdout. */
export function lookOf({ stdout, env }: Pick<CommandContext, 'stdout' | 'env'>): TableLook {
  return { width: tableWidth(stdout, env), palette: createPalette(stdout, env) }
}

/** Width for running text: unbroken where no terminal shows it, so that it can be searched line by line. */
export function textWidth({ stdout, env }: Pick<CommandContext, 'stdout' | 'env'>): number {
  return stdout.isTTY === true ? tableWidth(stdout, env) : Number.POSITIVE_INFINITY
}

/** The terminal's own width, else COLUMNS, else 80. */
function tableWidth(
  { isTTY, columns }: CommandContext['stdout'],
  { COLUMNS }: Readonly<Record<string, string | undefined>>,
): number {
  const own = isTTY === true && columns !== undefined && columns > 0 ? columns : Number(COLUMNS)
  return Number.isSafeInteger(own) && own > 0 ? Math.max(MIN_WIDTH, own) : USUAL_WIDTH
}
