/** What running the gateway costs, and from how many operations on it pays. All of it is an estimate of the given numbers. */
export interface InfrastructureInput {
  readonly operationsPerDay: number
  /** Share of a day's operations in its busiest hour. @default 0.1 */
  readonly peakHourShare?: number
  /** What one instance does, measured. */
  readonly operationsPerSecond: number
  /** Share of that which is planned for. @default 0.5 */
  readonly utilization?: number
  readonly usdPerInstanceMonth: number
  /** Dollars of tokens that one operation saves. */
  readonly savedUsdPerOperation: number
}

export interface InfrastructureEstimate {
  readonly instances: number
  readonly costUsdMonth: number
  readonly savedUsdMonth: number
  /** Operations a day from which one instance pays; Infinity when nothing is saved. */
  readonly breakEvenOperationsPerDay: number
}

const DAYS = 30

export function estimateInfrastructure(input: InfrastructureInput): InfrastructureEstimate {
  const { operationsPerDay, peakHourShare = 0.1, operationsPerSecond, utilization = 0.5 } = input
  const { usdPerInstanceMonth, savedUsdPerOperation } = input
  const peakPerSecond = (operationsPerDay * peakHourShare) / 3_600
  const instances = Math.max(1, Math.ceil(peakPerSecond / (operationsPerSecond * utilization)))
  return {
    instances,
    costUsdMonth: instances * usdPerInstanceMonth,
    savedUsdMonth: operationsPerDay * DAYS * savedUsdPerOperation,
    breakEvenOperationsPerDay:
      savedUsdPerOperation > 0
        ? Math.ceil(usdPerInstanceMonth / (DAYS * savedUsdPerOperation))
        : Number.POSITIVE_INFINITY,
  }
}
