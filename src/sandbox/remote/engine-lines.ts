/** The streams of a process with engines, besides the standard ones: one to its keeper, and one to each engine that it may start. */
export const KEEPER_FD = 3
export const FIRST_LINE_FD = 4
/** Engines that a process starts in its life: those that are there at once, and those in the stead of ended ones. */
export const LINES = 24

/** What the thread of an engine is started with. */
export interface EngineSetup {
  readonly fd: number
  /** Programs at once. */
  readonly slots: number
  /** What it shares with the keeper. */
  readonly claims: SharedArrayBuffer
  /** The engine for programs with so much memory, compiled once for all threads. */
  readonly memoryBytes: number
  readonly module: WebAssembly.Module
}
