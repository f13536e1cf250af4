import { parseArgs } from 'node:util'
import { CORPUS } from '../corpus/index.ts'
import { ATTACK_CLASSES, type HostileCase, readCases } from '../hostile-case.ts'
import { runControl } from '../vm-control/control.ts'
import { type BackendName, BACKENDS, openBackend } from './backends.ts'
import { type CampaignReport, needsPolicy, runCampaign } from './campaign.ts'
import { openCanaries } from './canaries.ts'

const HELP = `Runs hostile programs in a sandbox and says which of them it did not contain.

npm run hostile -- [--backend NAME] [--programs FILE] [--class NAMES] [--limit N] [--parallel N]

  --backend NAME    wasm (default), process, docker; or vm-control: node:vm with naive glue, which has to fail many
  --programs FILE   records of JSON, one a line (see the README of the test data); default: our own corpus
  --class NAMES     only these classes of attacks, with commas between them: loop,memory
  --limit N         the first N programs only
  --parallel N      so many at once on the one pool; default 4

Prints a line for each program that was not contained or needed a second look (more than 1 % of those fail it), what was
measured, and at last "contained X of Y".
Exit codes: 0 all were contained, or the control ran; 1 not all; 2 wrong usage; 3 the backend cannot run here.`

process.exitCode = await main()
// Whatever a hostile program left behind must not keep the command alive.
process.exit()

async function main(): Promise<number> {
  const options = readOptions()
  if (typeof options === 'string') {
    console.error(`${options}\n\n${HELP}`)
    return 2
  }
  if (options.help) {
    console.log(HELP)
    return 0
  }
  const { backend, programs, limit, classes, parallel } = options
  const all = (programs === undefined ? CORPUS : readCases(programs))
    .filter((hostile) => classes?.includes(hostile.class) ?? true)
    .slice(0, limit)
  const cases = all.filter((hostile) => !needsPolicy(hostile))
  if (all.length > cases.length) {
    console.log(`${all.length - cases.length} programs need a data-flow policy, not a sandbox: not run, not counted`)
  }
  return backend === 'vm-control' ? await control(cases, programs) : await campaign(cases, backend, parallel)
}

async function campaign(cases: readonly HostileCase[], name: BackendName, parallel: number): Promise<number> {
  await using canaries = await openCanaries()
  const opened = await openBackend(name)
  if ('unavailable' in opened) {
    console.error(opened.unavailable)
    return 3
  }
  await using backend = opened.backend
  const report = await runCampaign(cases, { backend, canaries, parallel })
  for (const line of report.secondLooks) console.log(`second look: ${line}`)
  for (const failure of report.failures) console.log(failure)
  for (const line of measured(report)) console.log(line)
  console.log(`contained ${report.contained} of ${report.total}`)
  return report.failures.length > 0 || report.neighbours.lost.length > 0 ? 1 : 0
}

function measured(report: CampaignReport): string[] {
  const { neighbours, undisturbed } = report
  const ms = (value: number): string => `${value.toFixed(1)} ms`
  return [
    ...neighbours.lost.map((what) => `a clean program meanwhile was lost: ${what}`),
    `clean programs meanwhile: ${neighbours.runs}, ${neighbours.lost.length} lost; P50 ${ms(neighbours.p50Ms)}, P99 ${ms(neighbours.p99Ms)} (before: ${ms(undisturbed.p50Ms)}, ${ms(undisturbed.p99Ms)})`,
    `longest run: its limit + ${ms(report.longestOverLimitMs)}; pool whole again after at most ${ms(report.longestRecoveryMs)}; host grew by at most ${report.mostGrowthMb.toFixed(0)} MB`,
  ]
}

async function control(cases: readonly HostileCase[], file: string | undefined): Promise<number> {
  const failures = await runControl(cases, file)
  for (const failure of failures) console.log(failure)
  console.log(`contained ${cases.length - failures.length} of ${cases.length}`)
  return 0
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        backend: { type: 'string', default: 'wasm' },
        programs: { type: 'string' },
        class: { type: 'string' },
        limit: { type: 'string' },
        parallel: { type: 'string', default: '4' },
        help: { type: 'boolean', default: false },
      },
    })
    const { programs, help } = values
    const limit = values.limit === undefined ? undefined : Number(values.limit)
    const parallel = Number(values.parallel)
    const backend = [...BACKENDS, 'vm-control' as const].find((name) => name === values.backend)
    if (backend === undefined) return `there is no backend ${values.backend}`
    if (limit !== undefined && !(Number.isInteger(limit) && limit > 0))
      return `--limit takes a number, found ${values.limit}`
    if (!(Number.isInteger(parallel) && parallel > 0)) return `--parallel takes a number, found ${values.parallel}`
    const classes = values.class?.split(',')
    const unknown = classes?.find((name) => !ATTACK_CLASSES.some((known) => known === name))
    if (unknown !== undefined) return `there is no class ${unknown}; classes: ${ATTACK_CLASSES.join(', ')}`
    return { programs, classes, limit, parallel, backend, help }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
