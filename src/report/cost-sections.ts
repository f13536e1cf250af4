import { counted } from '../internal/plural.ts'
import { type Cost, REQUESTS } from './counts.ts'
import { estimateInfrastructure } from './infrastructure.ts'
import type { LatencyProfile } from './latency.ts'
import { formatNumber, type Section } from './report.ts'

export function costSection(costs: readonly Cost[]): Section {
  return {
    id: 'cost',
    title: `Definitions in dollars, ${formatNumber(REQUESTS)} requests`,
    note: 'Definitions stand at the start of every request, so providers that cache prompts charge a fraction for them: with caching the saving is many times smaller, and both are shown. Calls and answers are not in it.',
    chart: {
      kind: 'bar',
      unit: 'USD',
      categories: costs.map(({ model }) => model),
      series: [
        { name: 'all definitions', values: costs.map(({ today }) => round(today)) },
        { name: 'all definitions, cached', values: costs.map(({ todayCached }) => round(todayCached)) },
        { name: 'our surface', values: costs.map(({ ours }) => round(ours)) },
        { name: 'our surface, cached', values: costs.map(({ oursCached }) => round(oursCached)) },
      ],
    },
    table: {
      provenance: 'computed',
      columns: [
        { title: 'model' },
        { title: 'all definitions', digits: 2 },
        { title: 'our surface', digits: 3 },
        { title: 'saved', digits: 2 },
        { title: 'all, cached', digits: 2 },
        { title: 'ours, cached', digits: 3 },
        { title: 'saved, cached', digits: 2 },
      ],
      rows: costs.map(({ model, today, ours, todayCached, oursCached }) => [
        model,
        today,
        ours,
        today - ours,
        todayCached,
        oursCached,
        todayCached - oursCached,
      ]),
    },
  }
}

export interface Running {
  readonly operationsPerDay: number
  /** @default 50 */
  readonly usdPerInstanceMonth?: number
}

export function infrastructureSection(
  costs: readonly Cost[],
  latency: LatencyProfile,
  { operationsPerDay, usdPerInstanceMonth = 50 }: Running,
): Section {
  const row = (model: string, saved: number, how: string): (string | number)[] => {
    const { instances, costUsdMonth, savedUsdMonth, breakEvenOperationsPerDay } = estimateInfrastructure({
      operationsPerDay,
      operationsPerSecond: latency.operationsPerSecond,
      usdPerInstanceMonth,
      savedUsdPerOperation: Math.max(0, saved) / REQUESTS,
    })
    return [model, how, instances, costUsdMonth, savedUsdMonth, breakEvenOperationsPerDay]
  }
  return {
    id: 'infrastructure',
    title: 'Does running it pay?',
    note: `For ${counted(operationsPerDay, 'operation')} a day (that of your sessions, unless you gave it), one request to a model each, a tenth of them in the busiest hour, instances at ${formatNumber(usdPerInstanceMonth)} USD a month that are planned to be half busy; one does ${formatNumber(latency.operationsPerSecond)} operations a second here (measured below). Change the numbers with --operations-per-day and --usd-per-instance-month. A gateway on your own computer costs nothing more.`,
    table: {
      provenance: 'estimated',
      columns: [
        { title: 'model' },
        { title: 'prompt caching' },
        { title: 'instances' },
        { title: 'cost, USD a month', digits: 2 },
        { title: 'saved, USD a month', digits: 2 },
        { title: 'pays from operations a day' },
      ],
      rows: costs.flatMap(({ model, today, ours, todayCached, oursCached }) => [
        row(model, today - ours, 'no'),
        row(model, todayCached - oursCached, 'yes'),
      ]),
    },
  }
}

function round(value: number): number {
  return Number(value.toPrecision(4))
}
