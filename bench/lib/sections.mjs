// Results of the benches as sections of a report, each a table and mostly a chart of the same numbers.
import { conversationCost } from '../../dist/tokens/conversation.js'
import { fallsShortSections } from './falls-short.mjs'
import { goalsOf, slackOf } from './goals.mjs'
import { stampOf } from './stamp.mjs'

const column = (title, digits) => (digits === undefined ? { title } : { title, digits })
const columns = (...list) => list.map((one) => (Array.isArray(one) ? column(...one) : column(one)))

/** Sections of whatever results there are. `prices` as from `loadPrices()`. */
export function sectionsOf(results, prices) {
  const { catalogs, tasks, load, peers, ...others } = results
  return [
    ...fallsShortSections(results),
    goalsSection(results),
    ...(catalogs === undefined
      ? []
      : taken(catalogs, [catalogsSection(catalogs), surfacesSection(catalogs), serversSection(catalogs)])),
    ...(tasks === undefined ? [] : taken(tasks, tasksSections(tasks, prices))),
    ...(load === undefined ? [] : taken(load, loadSections(load))),
    ...(peers === undefined ? [] : taken(peers, peersSections(peers))),
    ...Object.entries(others).flatMap(([name, result]) =>
      Array.isArray(result.figures) ? taken(result, [figuresSection(name, result.figures)]) : [],
    ),
  ]
}

/** Sections that say when, on what commit and beside how much other work their result was taken. */
function taken({ machine }, sections) {
  const stamp = machine === undefined ? '' : ` Taken on ${stampOf(machine)}.`
  return sections.map((section) => ({ ...section, note: `${section.note}${stamp}` }))
}

function goalsSection(results) {
  const goals = goalsOf(results)
  const missed = goals.filter(({ holds }) => !holds)
  const verdict =
    missed.length === 0
      ? `All ${goals.length} goals hold.`
      : `${goals.length - missed.length} of ${goals.length} goals hold. Missed: ${missed.map(({ bench, what }) => `${what} (${bench})`).join('; ')}.`
  return {
    id: 'goals',
    title: 'Goals',
    note: `${verdict} Room: how many times worse a figure may become before its goal is missed; what is not a promise is bounded at 1.25 times its measurement. Speed on a shared machine varies with its load, which stands beside each result.`,
    table: {
      provenance: 'measured',
      columns: columns('bench', 'what', ['value', 4], 'from to', 'unit', 'goal', ['room', 2], ''),
      rows: goals.map((goal) => [
        goal.bench,
        goal.what,
        goal.value,
        range(goal),
        goal.unit,
        goal.budget,
        slackOf(goal) ?? '',
        goal.holds ? 'held' : 'missed',
      ]),
    },
  }
}

/** Least and most of the rounds whose median a figure is; empty for one that was taken once. */
function range({ from, to }) {
  return from === undefined ? '' : `${from} to ${to}`
}

function catalogsSection({ catalogs }) {
  return {
    id: 'catalogs',
    title: 'Definitions: real catalogs beside our surface',
    note: 'Name, description and input schema of every tool, as a client hands them to its model with each request; live ones from servers that were started for it. The surface is as large before two servers as before seventy. Claude publishes no tokenizer: its count is an estimate and may be up to 60 % too low; the percentages hardly change.',
    chart: {
      kind: 'bar',
      unit: 'tokens',
      logarithmic: true,
      categories: catalogs.map(({ name }) => name),
      series: [
        { name: 'all definitions', values: catalogs.map(({ tokens }) => tokens.cl100k_base) },
        { name: 'our surface', values: catalogs.map(({ surfaces }) => surfaces.code_execution.cl100k_base) },
      ],
    },
    table: {
      provenance: 'measured',
      columns: columns(
        'catalog',
        'source',
        'servers',
        'tools',
        'cl100k_base',
        'o200k_base',
        'Claude (estimated)',
        'surface',
        ['% fewer', 3],
      ),
      rows: catalogs.map(({ name, source, servers, tools, tokens, surfaces }) => [
        name,
        source,
        servers.length,
        tools,
        tokens.cl100k_base,
        tokens.o200k_base,
        tokens.claude,
        surfaces.code_execution.cl100k_base,
        (1 - surfaces.code_execution.cl100k_base / tokens.cl100k_base) * 100,
      ]),
    },
  }
}

function surfacesSection({ catalogs }) {
  const modes = Object.keys(catalogs[0].surfaces)
  return {
    id: 'surfaces',
    title: 'What each execution mode shows',
    note: 'Tools and instructions that an agent carries in every request, cl100k_base. traditional is the catalog itself.',
    table: {
      provenance: 'measured',
      columns: columns('catalog', 'traditional', ...modes),
      rows: catalogs.map(({ name, tokens, surfaces }) => [
        name,
        tokens.cl100k_base,
        ...modes.map((mode) => surfaces[mode].cl100k_base),
      ]),
    },
  }
}

function serversSection({ catalogs }) {
  const { servers } = catalogs.find(({ name }) => name.startsWith('everything')) ?? catalogs[0]
  const ordered = servers.toSorted((a, b) => b.tokens - a.tokens)
  return {
    id: 'servers',
    title: 'Servers of the live catalogs',
    note: 'Each alone, cl100k_base; time from the start of its process to its list of tools.',
    table: {
      provenance: 'measured',
      columns: columns('server', 'package', 'version', 'tools', 'tokens', 'start, ms'),
      rows: ordered.map(({ name, package: from, version, tools, tokens, startMs }) => [
        name,
        from,
        version,
        tools,
        tokens,
        startMs ?? '',
      ]),
    },
  }
}

function tasksSections(results, prices) {
  const { summary, runs, sets, breakEven, skipped, reading } = results
  const set = sets.some(({ name }) => name === 'developer') ? 'developer' : 'tasks'
  const modes = [...new Set(summary.map(({ mode }) => mode))]
  const names = sets.map(({ name }) => name)
  const about = sets
    .map(({ name, tools, tokens }) => `${name}: ${tools} tools, ${tokens.cl100k_base} tokens`)
    .join('; ')
  const lost = Object.entries(skipped).map(([task, why]) => `${task} (${why})`)
  const rowOf = (name, mode) => summary.find((row) => row.set === name && row.mode === mode)
  return [
    {
      id: 'tasks',
      title: 'Whole tasks, in every mode',
      note: `${rowOf(names[0], modes[0]).tasks} tasks on real servers with scripted agents that follow each mode's protocol: definitions again in every turn, searches, calls, programs, answers and retries counted, input and output. "Script checked" says that what the script made of the answers is right, not that a model would be: none was asked. A turn is one request to a model, a call one round trip of the agent to the gateway; agents that call tools may send independent calls in one turn. We need more turns than an agent that has all definitions before it, because it must search first, and fewer calls. Catalogs (${about}).${lost.length === 0 ? '' : ` Left out here: ${lost.join(', ')}.`}`,
      chart: {
        kind: 'bar',
        unit: 'tokens',
        logarithmic: true,
        categories: modes,
        series: names.map((name) => ({ name, values: modes.map((mode) => rowOf(name, mode)?.tokens) })),
      },
      table: {
        provenance: 'measured',
        columns: columns(
          'catalog',
          'mode',
          'script checked',
          'tokens',
          'o200k_base',
          ['% fewer', 1],
          'turns',
          'calls',
          'calls, ms',
          'dearer tasks',
        ),
        rows: summary.map((row) => [
          row.set,
          row.mode,
          `${row.right}/${row.tasks}`,
          row.tokens,
          row.tokensO200k,
          row.saved,
          row.turns,
          row.calls,
          row.wallMs,
          row.losses.length,
        ]),
      },
    },
    taskSection(runs, set),
    ...(reading === undefined ? [] : [readingSection(reading)]),
    breakEvenSection(breakEven),
    costSection(runs, set, prices),
  ]
}

function taskSection(runs, set) {
  const of = (mode) => runs.filter((run) => run.set === set && run.mode === mode)
  const [naive, ours] = [of('traditional'), of('code_execution')]
  return {
    id: 'task-list',
    title: `Task by task, catalog ${set}`,
    note: 'Where we need more turns or time, it stands here too.',
    chart: {
      kind: 'bar',
      unit: 'tokens',
      logarithmic: true,
      categories: naive.map(({ task }) => task),
      series: [
        { name: 'traditional', values: naive.map(({ tokens }) => tokens.cl100k_base) },
        { name: 'code_execution', values: ours.map(({ tokens }) => tokens.cl100k_base) },
      ],
    },
    table: {
      provenance: 'measured',
      columns: columns(
        'task',
        'tokens',
        'ours',
        ['% fewer', 1],
        'turns',
        'ours',
        'calls',
        'ours',
        ['ms', 1],
        ['ours', 1],
      ),
      rows: naive.map((run, at) => [
        run.task,
        run.tokens.cl100k_base,
        ours[at].tokens.cl100k_base,
        (1 - ours[at].tokens.cl100k_base / run.tokens.cl100k_base) * 100,
        run.turns,
        ours[at].turns,
        run.calls,
        ours[at].calls,
        run.wallMs,
        ours[at].wallMs,
      ]),
    },
  }
}

function readingSection({ machine, rows }) {
  const { date, node, commit } = machine
  return {
    id: 'reading',
    title: 'Reading texts, directly and through us',
    note: `The same calls on the same servers (the official filesystem server, and one of ours that gives pages): the texts that a model gets, and with the request that it writes for them. Taken on ${date}, Node ${node}, commit ${commit}.`,
    table: {
      provenance: 'measured',
      columns: columns(
        'text',
        'directly',
        'ours',
        ['% more', 1],
        'o200k_base',
        'ours',
        ['% more', 1],
        ['% more with request', 1],
      ),
      rows: rows.map(({ what, direct, ours, more, moreWithRequest }) => [
        what,
        direct.cl100k_base,
        ours.cl100k_base,
        more.cl100k_base,
        direct.o200k_base,
        ours.o200k_base,
        more.o200k_base,
        moreWithRequest.o200k_base,
      ]),
    },
  }
}

function breakEvenSection({ tokens, cachedTokens, tasks }) {
  return {
    id: 'break-even',
    title: 'Break-even: how small a catalog is cheaper without us',
    note: `Tokens of definitions below which a task costs less when all tools are passed through: at most ${tokens.most} in tokens, at most ${cachedTokens.most} in dollars of ${cachedTokens.model} with prompt caching; 0 where we are cheaper whatever the catalog, because intermediate results stay out of the context. executionMode "auto" passes tools through below the highest.`,
    chart: {
      kind: 'bar',
      unit: 'tokens',
      categories: tasks.map(({ task }) => task),
      series: [
        { name: 'in tokens', values: tasks.map((one) => one.tokens) },
        { name: 'in dollars, cached', values: tasks.map((one) => one.cachedTokens) },
      ],
    },
    table: {
      provenance: 'computed',
      columns: columns('task', 'in tokens', 'in dollars, with caching'),
      rows: tasks.map(({ task, tokens: plain, cachedTokens: cached }) => [task, plain, cached]),
    },
  }
}

function costsOf(runs, set, prices) {
  const of = (mode) => runs.filter((run) => run.set === set && run.mode === mode)
  const encoding = (tokenizer) => (tokenizer === 'o200k_base' ? 'o200k_base' : 'cl100k_base')
  const cost = (mode, { id, tokenizer }) => {
    const usd = { uncachedUsd: 0, cachedUsd: 0 }
    for (const run of of(mode)) {
      const turns = run.conversation[encoding(tokenizer)].map(([repeatedTokens, newTokens, outputTokens]) => ({
        repeatedTokens,
        newTokens,
        outputTokens,
      }))
      const one = conversationCost(turns, id, prices)
      usd.uncachedUsd += one.uncachedUsd
      usd.cachedUsd += one.cachedUsd
    }
    return usd
  }
  return {
    tasks: of('traditional').length,
    rows: prices.models.map((model) => ({
      model,
      naive: cost('traditional', model),
      ours: cost('code_execution', model),
    })),
  }
}

function costSection(runs, set, prices) {
  const { tasks, rows } = costsOf(runs, set, prices)
  return {
    id: 'cost',
    title: `What the ${tasks} tasks cost, catalog ${set}`,
    note: `US dollars for all of them once, prices of ${prices.source}, context tiers counted. With prompt caching a provider reads what was sent before at a fraction of the price and takes more for what is new: it favours the side that resends much. Every task starts with an empty cache here. Claude's tokens are estimates. The specification's 5/15 dollars for GPT-4o are out of date; the list has 2.50/10.`,
    chart: {
      kind: 'bar',
      unit: 'USD',
      categories: rows.map(({ model }) => model.title),
      series: [
        { name: 'traditional', values: rows.map(({ naive }) => round(naive.uncachedUsd)) },
        { name: 'traditional, cached', values: rows.map(({ naive }) => round(naive.cachedUsd)) },
        { name: 'ours', values: rows.map(({ ours }) => round(ours.uncachedUsd)) },
        { name: 'ours, cached', values: rows.map(({ ours }) => round(ours.cachedUsd)) },
      ],
    },
    table: {
      provenance: 'computed',
      columns: columns(
        'model',
        ['traditional', 3],
        ['ours', 3],
        ['% saved', 1],
        ['traditional, cached', 3],
        ['ours, cached', 3],
        ['% saved, cached', 1],
      ),
      rows: rows.map(({ model, naive, ours }) => [
        model.title,
        naive.uncachedUsd,
        ours.uncachedUsd,
        (1 - ours.uncachedUsd / naive.uncachedUsd) * 100,
        naive.cachedUsd,
        ours.cachedUsd,
        (1 - ours.cachedUsd / naive.cachedUsd) * 100,
      ]),
    },
  }
}

const LATENCY = [
  ['P50, ms', 3],
  ['P95, ms', 3],
  ['P99, ms', 3],
  ['longest, ms', 1],
]
const latency = ({ p50Ms, p95Ms, p99Ms, maxMs }) => [p50Ms, p95Ms, p99Ms, maxMs]
const failures = ({ errors }) =>
  Object.entries(errors)
    .map(([code, count]) => `${count} ${code}`)
    .join(', ') || 'none'

function loadSections(load) {
  const shapes = [...new Set(load.closed.map(({ shape }) => shape))]
  const at = (shape) => load.closed.filter((one) => one.shape === shape)
  const volume = (shape) => `${shape}: ${at(shape)[0].hostCalls} calls, ${Math.round(at(shape)[0].bytes / 1_000)} KB`
  return [
    {
      id: 'closed-loop',
      title: 'Load: so many users at once (closed loop)',
      note: `Engine and driver in one process, a server without delay behind it, two sandbox workers (${shapes.map(volume).join('; ')}). The floor is the JSON work of a light operation in bare Node in the same run: P50 ${load.floor.map(({ p50Ms, concurrency }) => `${p50Ms} ms at ${concurrency}`).join(', ')}.`,
      chart: {
        kind: 'line',
        unit: 'operations/s',
        categories: at(shapes[0]).map(({ concurrency }) => String(concurrency)),
        series: shapes.map((shape) => ({ name: volume(shape), values: at(shape).map(({ perSecond }) => perSecond) })),
      },
      table: {
        provenance: 'measured',
        columns: columns(
          'shape',
          'users',
          'operations/s',
          ...LATENCY,
          'CPU, % of a core',
          'memory, MB',
          'floor: operations/s',
          'errors',
        ),
        rows: load.closed.map((one) => [
          one.shape,
          one.concurrency,
          one.perSecond,
          ...latency(one),
          one.cpuPercent,
          one.rssMb,
          load.floor.find(({ concurrency }) => concurrency === one.concurrency).perSecond,
          failures(one),
        ]),
      },
    },
    {
      id: 'open-loop',
      title: 'Load: operations that arrive at a rate (open loop)',
      note: 'At 50, 70 and 90 % of the highest closed-loop rate of the same run. Latency counts from when each operation should have begun. OVERLOADED is the gateway refusing what its bounded queue cannot hold.',
      table: {
        provenance: 'measured',
        columns: columns('shape', '% of the most', 'arriving/s', 'done/s', ...LATENCY, 'errors'),
        rows: load.open.map((one) => [one.shape, one.share, one.rate, one.perSecond, ...latency(one), failures(one)]),
      },
    },
    {
      id: 'ramp',
      title: 'Load: 50 to 500 users',
      note: '60 % light, 30 % list, 10 % heavy operations, no pause between them.',
      chart: {
        kind: 'bar',
        unit: 'ms',
        categories: load.ramp.map(({ users }) => `${users} users`),
        series: [
          { name: 'P50', values: load.ramp.map(({ p50Ms }) => p50Ms) },
          { name: 'P99', values: load.ramp.map(({ p99Ms }) => p99Ms) },
        ],
      },
      table: {
        provenance: 'measured',
        columns: columns('users', 'operations/s', ...LATENCY, 'CPU, % of a core', 'memory, MB', 'errors'),
        rows: load.ramp.map((one) => [
          one.users,
          one.perSecond,
          ...latency(one),
          one.cpuPercent,
          one.rssMb,
          failures(one),
        ]),
      },
    },
    {
      id: 'mix',
      title: `Production mix: ${load.mix.operations} operations`,
      note: `60 % light, 30 % list, 10 % heavy, 50 users; errors by class.${again(load, 'mix')}`,
      table: {
        provenance: 'measured',
        columns: columns('operations', 'operations/s', ...LATENCY, 'CPU, % of a core', 'memory, MB', 'errors'),
        rows: [
          [
            load.mix.operations,
            load.mix.perSecond,
            ...latency(load.mix),
            load.mix.cpuPercent,
            load.mix.rssMb,
            failures(load.mix),
          ],
        ],
      },
    },
    {
      id: 'cache-states',
      title: 'Cold, warm, hot',
      note: 'The list operation (23 KB), one at a time.',
      table: {
        provenance: 'measured',
        columns: columns('state', 'what', ['P50, ms', 3], ['P99, ms', 3]),
        rows: Object.entries(load.cacheStates).map(([state, { what, p50Ms, p99Ms }]) => [
          state,
          what,
          p50Ms,
          p99Ms ?? '',
        ]),
      },
    },
    stagesSection(load, shapes),
    memorySection(load),
    {
      id: 'cpu',
      title: 'Where the CPU goes',
      note: `Samples of the main thread under the production mix, by folder of our code.${load.cpu.workersPercent === undefined ? '' : ` The sandbox workers take ${load.cpu.workersPercent} % of all CPU beside it.`}`,
      chart: {
        kind: 'bar',
        unit: '%',
        categories: load.cpu.mainThread.map(({ component }) => component),
        series: [{ name: 'main thread', values: load.cpu.mainThread.map(({ percent }) => percent) }],
      },
      table: {
        provenance: 'measured',
        columns: columns('component', ['% of the main thread', 1]),
        rows: load.cpu.mainThread.map(({ component, percent }) => [component, percent]),
      },
    },
    httpSection(load),
    {
      id: 'disk',
      title: 'Disk',
      note: 'An installation: our files, and the packages it brings.',
      table: {
        provenance: 'measured',
        columns: columns(['ours, MB', 1], 'packages', ['packages, MB', 1]),
        rows: [[load.disk.ownMb, load.disk.packages, load.disk.packagesMb]],
      },
    },
  ]
}

/** Where a part was taken later than the others, at what load. */
function again({ takenAgain = {} }, part) {
  return takenAgain[part] === undefined ? '' : ` Taken again at load ${takenAgain[part].load}.`
}

function stagesSection({ stages }, shapes) {
  const names = [...new Set(stages.map(({ stage }) => stage))]
  const of = (shape, stage) => stages.find((one) => one.shape === shape && one.stage === stage)
  return {
    id: 'stages',
    title: 'Time by stage',
    note: 'One operation at a time, warm. execute has the calls to the server and the work of the program.',
    chart: {
      kind: 'bar',
      unit: 'ms',
      logarithmic: true,
      categories: names,
      series: shapes.map((shape) => ({
        name: shape,
        values: names.map((stage) => Math.max(0.001, of(shape, stage)?.p50Ms ?? 0)),
      })),
    },
    table: {
      provenance: 'measured',
      columns: columns(
        'stage',
        ...shapes.flatMap((shape) => [
          [`${shape}: P50, ms`, 3],
          [`${shape}: P99, ms`, 3],
        ]),
      ),
      rows: names.map((stage) => [
        stage,
        ...shapes.flatMap((shape) => [of(shape, stage)?.p50Ms ?? '', of(shape, stage)?.p99Ms ?? '']),
      ]),
    },
  }
}

function memorySection({ memory, takenAgain }) {
  const parts = [
    ['JavaScript heap', 'heapMb'],
    ['WebAssembly and buffers', 'externalMb'],
    ['code, stacks, workers', 'otherMb'],
  ]
  return {
    id: 'memory',
    title: 'Memory as operations go by',
    note: `Resident memory of the process with benchmark and gateway, light operations, garbage collected before each reading.${again({ takenAgain }, 'memory')}`,
    chart: {
      kind: 'bar',
      unit: 'MB',
      stacked: true,
      categories: memory.map(({ operations }) => `${operations} operations`),
      series: parts.map(([name, key]) => ({ name, values: memory.map((one) => one[key]) })),
    },
    table: {
      provenance: 'measured',
      columns: columns('operations', ['resident, MB', 1], ...parts.map(([name]) => [`${name}, MB`, 1])),
      rows: memory.map((one) => [one.operations, one.rssMb, ...parts.map(([, key]) => one[key])]),
    },
  }
}

function httpSection({ http }) {
  const of = (kind) => http.filter((one) => one.kind === kind)
  return {
    id: 'http',
    title: 'Over HTTP, beside bare Node',
    note: 'The light operation through /rpc, keep-alive, gateway and driver in two processes on this machine; the floor is bare node:http that parses the request and gives the same answer, without sandbox or server behind it. It is the share of the network hop that no gateway saves.',
    chart: {
      kind: 'line',
      unit: 'requests/s',
      categories: of('gateway').map(({ concurrency }) => String(concurrency)),
      series: [
        { name: 'gateway', values: of('gateway').map(({ perSecond }) => perSecond) },
        { name: 'floor', values: of('floor').map(({ perSecond }) => perSecond) },
      ],
    },
    table: {
      provenance: 'measured',
      columns: columns(
        '',
        'users',
        'requests/s',
        ...LATENCY,
        ['CPU of the server, ms a request', 3],
        'memory, MB',
        'errors',
      ),
      rows: http.map((one) => [
        one.kind,
        one.concurrency,
        one.perSecond,
        ...latency(one),
        one.serverCpuMsPerOperation,
        one.rssMb,
        failures(one),
      ]),
    },
  }
}

function peersSections({ peers, goals }) {
  const ran = peers.filter(({ tasks }) => tasks !== undefined)
  const absent = peers
    .filter(({ tasks }) => tasks === undefined)
    .map(({ name, failed, why }) => `${name} (${failed ?? why})`)
  const ratios = goals.map(({ what, value, from, to }) => `${what}: ${value}, from ${from} to ${to}`)
  const best = (peer, task) => peer.tasks[task].loops.toSorted((a, b) => b.perSecond - a.perSecond)[0]
  return [
    {
      id: 'peers',
      title: 'Peers, on the same server and tasks',
      note: `Each as its user starts it, in a process of its own, in this run: one MCP server over stdio behind all, which answers at once. Operations a second, the better of 1 and 16 at a time. Those without a sandbox do the work in the host: no isolation, so they are a floor and no alternative. In turns with us: ${ratios.join('; ')}.${absent.length === 0 ? '' : ` Not measured here: ${absent.join('; ')}.`}`,
      chart: {
        kind: 'bar',
        unit: 'list operations/s',
        logarithmic: true,
        categories: ran.map(({ name }) => name),
        series: [{ name: 'list', values: ran.map((peer) => Math.max(1, best(peer, 'list').perSecond)) }],
      },
      table: {
        provenance: 'measured',
        columns: columns(
          'peer',
          'version',
          'how',
          'light/s',
          'list/s',
          'heavy/s',
          ['list, P50 alone, ms', 2],
          'start, ms',
          'memory, MB',
          'answers right',
        ),
        rows: ran.map((peer) => [
          peer.name,
          peer.version,
          peer.kind,
          ...['light', 'list', 'heavy'].map((task) => best(peer, task).perSecond),
          peer.tasks.list.loops[0].p50Ms,
          peer.openMs,
          best(peer, 'heavy').rssMb,
          Object.values(peer.tasks).every(({ right }) => right) ? 'yes' : 'no',
        ]),
      },
    },
    {
      id: 'peer-context',
      title: 'What peers put into the context',
      note: 'Definitions, instructions and type declarations that the agent carries with this server of three tools, cl100k_base. For direct and pass-through it grows with the catalog, and for @utcp/code-mode, whose declarations cover every tool.',
      table: {
        provenance: 'measured',
        columns: columns('peer', 'tokens'),
        rows: peers
          .filter(({ contextTokens }) => contextTokens !== undefined)
          .map(({ name, contextTokens }) => [name, contextTokens]),
      },
    },
  ]
}

/** Any bench that keeps `figures: [{what, value, unit, budget?, holds?}]`. */
function figuresSection(name, figures) {
  return {
    id: name,
    title: `bench/${name}.mjs`,
    note: TITLES[name] ?? 'What it measures stands at its head.',
    table: {
      provenance: 'measured',
      columns: columns('what', ['value', 4], 'from to', 'unit', 'goal', ''),
      rows: figures.map(({ what, value, unit, budget = '', holds, from, to }) => [
        what.trim(),
        value,
        range({ from, to }),
        unit,
        budget,
        holds === undefined ? '' : holds ? 'held' : 'missed',
      ]),
    },
  }
}

const TITLES = {
  start: 'Fresh processes beside bare Node, in interleaved pairs; medians.',
  gateway: 'The gateway as a process with 30 servers and with 1,000 tools, and the engine beside its floors.',
}

function round(value) {
  return Number(value.toPrecision(4))
}
