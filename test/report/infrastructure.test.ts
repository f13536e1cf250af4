import { describe, expect, it } from 'vitest'
import { estimateInfrastructure } from '../../src/report/infrastructure.ts'

const input = {
  operationsPerDay: 1_000_000,
  operationsPerSecond: 100,
  usdPerInstanceMonth: 60,
  savedUsdPerOperation: 0.001,
}

describe('the estimate of infrastructure', () => {
  it('plans instances for the busiest hour, half busy', () => {
    // 100,000 operations in an hour are 27.8 a second; one instance is planned for 50.
    expect(estimateInfrastructure(input)).toEqual({
      instances: 1,
      costUsdMonth: 60,
      savedUsdMonth: 30_000,
      breakEvenOperationsPerDay: 2_000,
    })
    expect(estimateInfrastructure({ ...input, operationsPerSecond: 10 })).toMatchObject({
      instances: 6,
      costUsdMonth: 360,
    })
    expect(estimateInfrastructure({ ...input, peakHourShare: 0.5, utilization: 0.25 }).instances).toBe(6)
  })

  it('never pays when nothing is saved', () => {
    expect(estimateInfrastructure({ ...input, savedUsdPerOperation: 0 }).breakEvenOperationsPerDay).toBe(
      Number.POSITIVE_INFINITY,
    )
  })
})
