// Where the results are not in our favour, in sentences that are computed from them.
import { goalsOf } from './goals.mjs'

/** One section, or none where nothing that it compares was measured. */
export function fallsShortSections(results) {
  const rows = [
    ...besideProxy(results.peers),
    ...heavyPrograms(results),
    ...moreTurns(results.tasks),
    ...watching(results.observe),
    ...resident(results.gateway),
    ...goalsOf(results)
      .filter(({ holds }) => !holds)
      .map(({ bench, what, value, unit, budget }) => [`goal missed (${bench}): ${what}`, value, unit, budget]),
  ]
  if (rows.length === 0) return []
  return [
    {
      id: 'falls-short',
      title: 'What falls short',
      note: 'Where somebody else is faster or cheaper than we are, and where a goal is missed.',
      table: {
        provenance: 'computed',
        columns: [{ title: 'what' }, { title: 'ours', digits: 2 }, { title: 'unit' }, { title: 'beside it' }],
        rows,
      },
    },
  ]
}

/** Our server, which runs code, beside one that only passes calls through. */
function besideProxy(result) {
  const of = (name) => result?.peers.find((peer) => peer.name === name)?.tasks?.list.loops
  const [ours, proxy] = [of('mcp-optimizer (server)'), of('pass-through proxy')]
  if (ours === undefined || proxy === undefined) return []
  return ours.flatMap(({ concurrency, perSecond, p50Ms }) => {
    const other = proxy.find((one) => one.concurrency === concurrency)
    if (other === undefined || other.perSecond <= perSecond) return []
    const times = Math.round((other.perSecond / perSecond) * 10) / 10
    return [
      [
        `our server on the list scenario, ${concurrency} at a time (P50 ${p50Ms} ms)`,
        perSecond,
        'operations/s',
        `a pass-through proxy without sandbox does ${other.perSecond}/s (P50 ${other.p50Ms} ms), ${times} times as many`,
      ],
    ]
  })
}

/** Heavy programs beside run, like for like: tools that answer JSON text on both sides. */
function heavyPrograms(results) {
  return Object.entries(results).flatMap(([name, { figures }]) => {
    if (!name.startsWith('sandbox-node')) return []
    const from = figures.findIndex(({ what }) => what.startsWith('heavy program'))
    const find = (text) => figures.slice(from).find(({ what }) => what.includes(text))
    const [alike, documented] = [find('where its tools answer text'), find('as its documentation uses it')]
    if (alike === undefined || documented === undefined) return []
    return [
      [
        `heavy programs, times as many as run where its tools answer text as ours do (${name})`,
        alike.value,
        'times',
        `${documented.value} times as many where its tools answer objects, as its documentation has it`,
      ],
    ]
  })
}

/** Requests to a model: an agent of ours searches first. */
function moreTurns(result) {
  return (result?.summary ?? [])
    .filter(({ mode }) => mode === 'code_execution')
    .flatMap(({ set, turns, tasks }) => {
      const other = result.summary.find((row) => row.set === set && row.mode === 'traditional')
      if (other === undefined || turns <= other.turns) return []
      return [
        [
          `turns of a model in ${tasks} tasks, catalog ${set}`,
          turns,
          'turns',
          `${other.turns} with all definitions: it need not search`,
        ],
      ]
    })
}

/** What metrics, audit trail and telemetry cost where answers are small. */
function watching(result) {
  const figures = result?.figures ?? []
  const at = figures.findIndex(({ what }) => what.startsWith('all of it on, 2 KB answers'))
  if (at < 0) return []
  const [cpu, clock] = [figures[at], figures[at + 1]]
  const mix = figures.find(({ what }) => what.startsWith('all of it on, mix') && what.includes('stdio'))
  return [
    [
      'metrics, audit trail and telemetry on, 2 KB answers: throughput lost by processor time',
      cpu.value,
      cpu.unit,
      `${clock?.value} % by the clock; the goal of 5 % is for the mix with its server in a process: ${mix?.value} %`,
    ],
  ]
}

function resident(result) {
  const figures = result?.figures ?? []
  const after = figures.find(({ what }) => what.trim().startsWith('after 300 programs'))
  const before = figures.find(({ what }) => what.includes('4 programs run: resident'))
  if (after === undefined || before === undefined || after.value <= before.value) return []
  return [
    [
      'resident memory of the gateway with 1,000 tools after 300 programs',
      after.value,
      after.unit,
      `${before.value} MB after 4 programs`,
    ],
  ]
}
