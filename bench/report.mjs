// What all benchmarks share: figures with budgets, commit, versions and load of the machine, and the file that keeps them.
import { mkdirSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { dirname } from 'node:path'
import { fingerprint } from './lib/machine.mjs'

/**
 * Collects figures; `most` and `least` have a budget, and a missed one ends the process with 1. A figure that is the median of
 * several rounds has their `spread: [least, most]`. Budgets are 1.25 times what was measured where they are no promise.
 */
export function createReport({ digits = 4 } = {}) {
  const machine = fingerprint()
  const figures = []
  const failures = []
  const rounded = (value) => Number(value.toPrecision(digits))
  const add = (what, value, unit, goal, spread) => {
    const [from, to] = spread ?? []
    const range = spread === undefined ? {} : { from: rounded(from), to: rounded(to) }
    figures.push({ what, value: rounded(value), unit, ...goal, ...range })
    const verdict = goal === undefined ? '' : `  budget ${goal.budget}: ${goal.holds ? 'held' : 'MISSED'}`
    console.log(`${what.padEnd(76)} ${String(rounded(value)).padStart(9)} ${unit}${verdict}`)
  }
  console.log(
    `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, ${machine.date}, commit ${machine.commit}, load ${machine.load}`,
  )
  return {
    note: (what, value, unit, spread) => add(what, value, unit, undefined, spread),
    most: (what, value, unit, budget, spread) =>
      add(what, value, unit, { budget: `≤ ${budget}`, holds: value <= budget }, spread),
    least: (what, value, unit, budget, spread) =>
      add(what, value, unit, { budget: `≥ ${budget}`, holds: value >= budget }, spread),
    /** Something that could not be measured, and why. */
    fail(what, why) {
      failures.push({ what, why })
      console.log(`${what.padEnd(74)} not measured: ${why}`)
    },
    /** Writes the file, if one is wanted, and sets the exit code. */
    finish(versions, file) {
      const loadAfter = Math.round((loadavg()[0] ?? 0) * 100) / 100
      const result = { machine: { loadAfter, ...machine }, versions, provenance: 'measured', figures, failures }
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

/** The median of a list, its least and its most. */
export function spread(list) {
  return [Math.min(...list), Math.max(...list)]
}
