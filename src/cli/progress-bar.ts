import type { CommandContext } from './command.ts'
import { cut } from './wrap.ts'

/** A line at the end of a terminal that is written anew with every step and is gone in the end. */
export interface ProgressBar {
  show(done: number, note: string): void
  end(): void
}

const CELLS = 20
const HIDE_CURSOR = '\u001B[?25l'
const SHOW_CURSOR = '\u001B[?25h'
const CLEAR_LINE = '\r\u001B[K'

export function createProgressBar(stderr: CommandContext['stderr'], title: string, total: number): ProgressBar {
  let isShown = false
  return {
    show(done, note) {
      const full = total === 0 ? CELLS : Math.round((Math.min(done, total) / total) * CELLS)
      const bar = '█'.repeat(full) + '░'.repeat(CELLS - full)
      // A line that fills the terminal is broken by it, and the next one would not cover the rest.
      const line = cut(`${title} [${bar}] ${done}/${total} ${note}`, (stderr.columns ?? 80) - 1)
      stderr.write(`${isShown ? '' : HIDE_CURSOR}${CLEAR_LINE}${line}`)
      isShown = true
    },
    end() {
      if (isShown) stderr.write(`${CLEAR_LINE}${SHOW_CURSOR}`)
      isShown = false
    },
  }
}
