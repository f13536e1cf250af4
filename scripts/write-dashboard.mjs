// Writes the Grafana dashboard from the panels below; a test keeps the file in step with this script and with the series.
import { writeFileSync } from 'node:fs'
import {
  DashboardBuilder,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus'
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat'
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries'

const source = { type: 'prometheus', uid: '${datasource}' }
const AT = '{instance=~"$instance"}'
const rate = (series, labels = '', by = '') =>
  `sum${by === '' ? '' : ` by (${by})`} (rate(${series}{instance=~"$instance"${labels}}[$__rate_interval]))`
const quantile = (q, series, by = '') =>
  `histogram_quantile(${q}, sum by (le${by === '' ? '' : `, ${by}`}) (rate(${series}_bucket${AT}[$__rate_interval])))`

/** Rows of panels: title, unit, queries as [expression, legend]; a third of the width each unless they say so. */
const ROWS = {
  'At a glance': [
    stat('Operations a second', 'ops', rate('mcp_optimizer_operations_total')),
    stat(
      'Errors',
      'percentunit',
      `${rate('mcp_optimizer_operations_total', ',status="error"')} / ${rate('mcp_optimizer_operations_total')}`,
    ),
    stat('Operation, 95th percentile', 's', quantile(0.95, 'mcp_optimizer_operation_duration_seconds')),
    stat('Tokens saved', 'short', `sum(mcp_optimizer_saved_tokens${AT})`),
    stat(
      'Saved, prompt caching counted',
      'currencyUSD',
      `sum(mcp_optimizer_cost_saved_usd{instance=~"$instance",model="$model",caching="prompt_cache"})`,
    ),
    stat('Sessions active', 'short', `sum(mcp_optimizer_sessions_active${AT})`),
  ],
  Operations: [
    graph('Operations by kind', 'ops', [rate('mcp_optimizer_operations_total', '', 'kind'), '{{kind}}']),
    graph('Operations by intent', 'ops', [
      `topk(10, ${rate('mcp_optimizer_operations_total', ',intent!=""', 'intent')})`,
      '{{intent}}',
    ]),
    graph('Errors by code', 'ops', [rate('mcp_optimizer_operations_total', ',status="error"', 'code'), '{{code}}']),
    graph(
      'Duration of operations',
      's',
      [quantile(0.5, 'mcp_optimizer_operation_duration_seconds'), '50 %'],
      [quantile(0.95, 'mcp_optimizer_operation_duration_seconds'), '95 %'],
      [quantile(0.99, 'mcp_optimizer_operation_duration_seconds'), '99 %'],
    ),
    graph('Stages, 95th percentile', 's', [
      quantile(0.95, 'mcp_optimizer_stage_duration_seconds', 'stage'),
      '{{stage}}',
    ]),
    graph('In flight', 'short', [`sum(mcp_optimizer_operations_in_flight${AT})`, 'operations']),
  ],
  'Tokens and money': [
    graph('Tokens a second in the context of agents', 'short', [
      rate('mcp_optimizer_tokens_total', '', 'kind'),
      '{{kind}}',
    ]),
    graph(
      'With us and with all definitions, tokens a second',
      'short',
      [rate('mcp_optimizer_tokens_total'), 'with mcp-optimizer'],
      [rate('mcp_optimizer_alternative_tokens_total'), 'all definitions'],
    ),
    graph('US dollars saved since the start, by model', 'currencyUSD', [
      `sum by (model) (mcp_optimizer_cost_saved_usd{instance=~"$instance",caching="prompt_cache"})`,
      '{{model}}',
    ]),
  ],
  'Upstreams and caches': [
    graph('Calls by upstream', 'ops', [rate('mcp_optimizer_upstream_calls_total', '', 'upstream'), '{{upstream}}']),
    graph('Errors by upstream', 'ops', [
      rate('mcp_optimizer_upstream_errors_total', '', 'upstream, type'),
      '{{upstream}} {{type}}',
    ]),
    graph('Calls, 95th percentile', 's', [
      quantile(0.95, 'mcp_optimizer_upstream_call_duration_seconds', 'upstream'),
      '{{upstream}}',
    ]),
    graph('States', 'short', [`sum by (state) (mcp_optimizer_upstream_state${AT})`, '{{state}}']),
    graph('Restarts', 'short', [`sum by (upstream) (mcp_optimizer_upstream_restarts_total${AT})`, '{{upstream}}']),
    graph('Cache hits', 'percentunit', [
      `${rate('mcp_optimizer_cache_requests_total', ',result="hit"', 'layer')} / ${rate('mcp_optimizer_cache_requests_total', '', 'layer')}`,
      '{{layer}}',
    ]),
    graph('Calls of tools by source', 'ops', [
      rate('mcp_optimizer_tool_calls_total', '', 'source, status'),
      '{{source}} {{status}}',
    ]),
    graph('Searches, 95th percentile', 's', [quantile(0.95, 'mcp_optimizer_search_duration_seconds'), 'search']),
    graph(
      'Tools and intents',
      'short',
      [`sum by (entry) (mcp_optimizer_catalog_entries${AT})`, '{{entry}}'],
      [`sum(mcp_optimizer_definition_tokens${AT})`, 'tokens of definitions'],
    ),
  ],
  'Sandbox and process': [
    graph('Sandboxes', 'short', [`sum by (state) (mcp_optimizer_sandbox_pool${AT})`, '{{state}}']),
    graph('Wall around programs', 'short', [`max by (wall) (mcp_optimizer_sandbox_wall${AT})`, '{{wall}}']),
    graph('Programs started', 'ops', [rate('mcp_optimizer_sandbox_starts_total', '', 'state'), '{{state}}']),
    graph('Sandboxes thrown away', 'ops', [rate('mcp_optimizer_sandbox_discarded_total', '', 'reason'), '{{reason}}']),
    graph(
      'Wait for a sandbox',
      's',
      [quantile(0.5, 'mcp_optimizer_queue_wait_seconds'), '50 %'],
      [quantile(0.99, 'mcp_optimizer_queue_wait_seconds'), '99 %'],
    ),
    graph('Delay of the event loop', 's', [
      `max by (statistic) (mcp_optimizer_event_loop_delay_seconds${AT})`,
      '{{statistic}}',
    ]),
    graph('Processor', 'percentunit', [rate('process_cpu_seconds_total', '', 'instance'), '{{instance}}']),
    graph('Memory', 'bytes', [`process_resident_memory_bytes${AT}`, '{{instance}}']),
    graph('Sessions seen', 'short', [`sum(mcp_optimizer_sessions_total${AT})`, 'sessions']),
    graph(
      'Audit trail',
      'short',
      [rate('mcp_optimizer_audit_entries_total'), 'lines a second'],
      [rate('mcp_optimizer_audit_failures_total'), 'lost a second'],
    ),
    graph('Audit trail on disk', 'bytes', [`sum(mcp_optimizer_audit_bytes${AT})`, 'bytes']),
    graph('Versions', 'short', [`count by (version) (mcp_optimizer_build_info${AT})`, '{{version}}']),
  ],
}

function stat(title, unit, expression) {
  const panel = new StatBuilder().title(title).unit(unit).datasource(source).height(4).span(4)
  return panel.withTarget(new DataqueryBuilder().refId('A').expr(expression).instant())
}

function graph(title, unit, ...queries) {
  const panel = new TimeseriesBuilder().title(title).unit(unit).datasource(source).height(8).span(8).min(0)
  for (const [index, [expression, legend]] of queries.entries())
    panel.withTarget(new DataqueryBuilder().refId('ABC'[index]).expr(expression).legendFormat(legend))
  return panel
}

function variable(name, label, query) {
  return new QueryVariableBuilder(name).label(label).datasource(source).query(query)
}

const dashboard = new DashboardBuilder('mcp-optimizer')
  .uid('mcp-optimizer')
  .tags(['mcp-optimizer', 'generated'])
  .refresh('30s')
  .time({ from: 'now-1h', to: 'now' })
  .timezone('browser')
  .withVariable(new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'))
  .withVariable(
    variable('instance', 'Instance', 'label_values(mcp_optimizer_build_info, instance)')
      .multi(true)
      .includeAll(true)
      .allValue('.*'),
  )
  .withVariable(variable('model', 'Model', 'label_values(mcp_optimizer_cost_saved_usd, model)'))
for (const [title, panels] of Object.entries(ROWS)) {
  dashboard.withRow(new RowBuilder(title))
  for (const panel of panels) dashboard.withPanel(panel)
}

const target = process.argv[2] ?? new URL('../deploy/grafana/dashboard.json', import.meta.url)
writeFileSync(target, `${JSON.stringify(dashboard.build(), undefined, 2)}\n`)
