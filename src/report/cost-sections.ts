import { type Cost, REQUESTS } from './counts.ts'
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

function round(value: number): number {
  return Number(value.toPrecision(4))
}
