import type { Figure, PartReport } from './report.ts'

/** What a part of the campaign is given. */
export interface PartOptions {
  /** Small and fast, for each change; else all of it. */
  readonly short: boolean
  /** The machine has other things to do: no limit that needs a quiet one. */
  readonly patient: boolean
  /** Another misbehaving server than ours, with its own modes. */
  readonly server?: string | undefined
  /** Only modes, probes or writers whose name holds this. */
  readonly match?: string | undefined
  /** Kills, instead of as many as the form has. */
  readonly kills?: number | undefined
  /** Told what happens, for whoever watches. */
  readonly tell: (line: string) => void
}

export type Part = (options: PartOptions) => Promise<Omit<PartReport, 'part' | 'seconds'>>

/** What a part has found so far. */
export class Findings {
  readonly faults: string[] = []
  readonly skipped: string[] = []
  readonly figures: Figure[] = []
  readonly #tell: (line: string) => void

  constructor(tell: (line: string) => void) {
    this.#tell = tell
  }

  fault(what: string): void {
    this.faults.push(what)
    this.#tell(`fault: ${what}`)
  }

  figure(what: string, value: number, unit: string, wanted: Pick<Figure, 'most' | 'exactly'> = {}): void {
    this.figures.push({ what, value, unit, ...wanted })
  }
}
