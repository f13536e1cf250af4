import { existsSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { clients } from './parts/clients.ts'
import { files, fullDisk } from './parts/files.ts'
import { endGateway, killGateway, killSandboxes, killServers } from './parts/kills.ts'
import { secrets } from './parts/secrets.ts'
import { servers } from './parts/servers.ts'
import type { Part } from './runner/part.ts'
import { ROOT } from './runner/places.ts'
import { holds, type PartReport, toLines } from './runner/report.ts'

const PARTS: ReadonlyMap<string, Part> = new Map([
  ['servers', servers],
  ['clients', clients],
  ['kill-servers', killServers],
  ['kill-sandboxes', killSandboxes],
  ['kill-gateway', killGateway],
  ['end-gateway', endGateway],
  ['files', files],
  ['full-disk', fullDisk],
  ['secrets', secrets],
])
const NAMES = [...PARTS.keys()]

const HELP = `Attacks a gateway from all sides and says what did not hold.

npm run campaign -- [--short] [--only PART[,PART]] [--match TEXT] [--json FILE]

  --short         the small form of each change: a minute in all, without limits that need a quiet machine
  --patient       the limits of the short form for all of it, on a machine that does other things
  --only PART     ${NAMES.join(', ')}; results of the other parts stay in the file as they are
  --match TEXT    only what has this in its name, of a part
  --kills N       so many kills in each part that kills
  --server FILE   servers: another misbehaving server, which knows --list, --mode, --http, --bytes, --n, --ms and --state
  --json FILE     where the figures are kept; default bench/results/campaign.json for the long form
  --quiet         only the tables

Exit codes: 0 everything held; 1 not all; 2 wrong usage.`

interface Machine {
  fingerprint(): object
  writeResults(path: string, machine: object, results: object): void
}

process.exitCode = await main()
// Whatever a part left behind must not keep the command alive.
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
  const { parts, json, ...rest } = options
  const machine = await loadMachine()
  const taken = machine.fingerprint()
  const reports: PartReport[] = []
  for (const [part, attack] of parts) {
    const startedAt = performance.now()
    const { figures, faults, skipped } = await attack(rest)
    const seconds = Math.round((performance.now() - startedAt) / 1_000)
    const report = { part, figures, faults, skipped, seconds }
    reports.push(report)
    for (const line of toLines(report)) console.log(line)
    if (json !== undefined) keep(json, report, { machine, taken })
  }
  return reports.every(isWhole) ? 0 : 1
}

function isWhole({ figures, faults }: PartReport): boolean {
  return faults.length === 0 && figures.every(holds)
}

/** Writes a part at once, beside those that are in the file: a long campaign may be ended and taken up again. */
function keep(file: string, report: PartReport, { machine, taken }: { machine: Machine; taken: object }): void {
  const before = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { parts?: PartReport[] }) : {}
  const others = (before.parts ?? []).filter(({ part }) => part !== report.part)
  const parts = [...others, { ...report, ...taken }].toSorted((a, b) => a.part.localeCompare(b.part))
  machine.writeResults(file, taken, { provenance: 'measured', holds: parts.every(isWhole), parts })
}

async function loadMachine(): Promise<Machine> {
  return (await import(new URL('bench/lib/machine.mjs', ROOT).href)) as Machine
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        short: { type: 'boolean', default: false },
        patient: { type: 'boolean', default: false },
        only: { type: 'string' },
        match: { type: 'string' },
        kills: { type: 'string' },
        server: { type: 'string' },
        json: { type: 'string' },
        quiet: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    })
    const names = values.only?.split(',') ?? NAMES
    const unknown = names.find((name) => !PARTS.has(name))
    if (unknown !== undefined) return `there is no part ${unknown}; parts: ${NAMES.join(', ')}`
    const parts = [...PARTS].filter(([name]) => names.includes(name))
    const kills = values.kills === undefined ? undefined : Number(values.kills)
    if (kills !== undefined && !(Number.isInteger(kills) && kills > 0))
      return `--kills takes a number, found ${values.kills}`
    const patient = values.short || values.patient
    const isPartial = values.match !== undefined || kills !== undefined || values.server !== undefined
    const kept = patient || isPartial ? undefined : new URL('bench/results/campaign.json', ROOT).pathname
    const { short, match, server, quiet, help } = values
    const tell = quiet ? () => undefined : (line: string) => console.error(line)
    return { short, patient, match, server, help, kills, parts, tell, json: values.json ?? kept }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
