/** The seven stages of one operation, in order; also the labels of the stage histogram. */
export const STAGES = ['validate', 'route', 'generate', 'acquire', 'execute', 'format', 'measure'] as const
/** A part of the work of one operation. */
export type Stage = (typeof STAGES)[number]

/** What is known of one operation when it ended. */
export interface OperationRecord {
  readonly kind: 'intent' | 'batch' | 'code' | 'search'
  /** The intent's name where it is a known one; never user input. */
  readonly intent?: string | undefined
  /** `incomplete`: it answered, and an error says what is missing. */
  readonly status: 'ok' | 'error' | 'incomplete'
  readonly errorCode?: string | undefined
  readonly durationMs: number
  /** Milliseconds a stage; stages that were not reached are missing. */
  readonly stages: Readonly<Partial<Record<Stage, number>>>
  readonly requestTokens: number
  readonly answerTokens: number
  readonly hostCalls: number
  readonly cacheHits: number
}

/** Takes records. Synchronous, never throws. */
export interface MetricsSink {
  record(operation: OperationRecord): void
}
