// What all benchmarks share: figures with budgets, the machine they were measured on, and the file that keeps them.
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { dirname } from 'node:path'

/** Collects figures; `most` and `least` have a budget, and a missed one ends the process with 1. */
export function createReport() {
  const figures = []
  const failures = []
  const note = (what, value, unit, budget, holds) => {
    const shown = Number(value.toPrecision(4))
    figures.push({ what, value: shown, unit, ...(budget === undefined ? {} : { budget, holds }) })
    const verdict = budget === undefined ? '' : `  budget ${budget}: ${holds ? 'held' : 'MISSED'}`
    console.log(`${what.padEnd(74)} ${String(shown).padStart(9)} ${unit}${verdict}`)
  }
  return {
    note,
    most: (what, value, unit, budget) => note(what, value, unit, `≤ ${budget}`, value <= budget),
    least: (what, value, unit, budget) => note(what, value, unit, `≥ ${budget}`, value >= budget),
    /** Something that could not be measured, and why. */
    fail(what, why) {
      failures.push({ what, why })
      console.log(`${what.padEnd(74)} not measured: ${why}`)
    },
    /** Writes the file, if one is wanted, and sets the exit code. */
    finish(versions, file) {
      const result = { machine: machine(), versions, provenance: 'measured', figures, failures }
      if (file !== undefined) {
        mkdirSync(dirname(file), { recursive: true })
        writeFileSync(file, `${JSON.stringify(result, undefined, 2)}\n`)
      }
      process.exitCode = figures.some(({ holds }) => holds === false) ? 1 : 0
    },
  }
}

/** The file after `--json`. */
export function jsonFile() {
  const at = process.argv.indexOf('--json')
  return at < 0 ? undefined : process.argv[at + 1]
}

export function median(list) {
  return quantile(list, 0.5)
}

export function quantile(list, q) {
  const sorted = list.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))]
}

function machine() {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    date: new Date().toISOString().slice(0, 10),
    // Other work on the machine: what takes the processor from a benchmark.
    load: loadavg()[0],
  }
}
