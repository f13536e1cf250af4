// Where and when figures were taken: part of every result file.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, totalmem } from 'node:os'

const root = new URL('../../', import.meta.url)
const readJson = (path) => JSON.parse(readFileSync(new URL(path, root), 'utf8'))

/** Machine, versions, load and date, taken when called. */
export function fingerprint() {
  const { version, dependencies, devDependencies } = readJson('package.json')
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 1e9),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    version,
    commit: commit(),
    libraries: Object.fromEntries(
      ['quickjs-wasi', '@modelcontextprotocol/client', 'gpt-tokenizer'].map((name) => [
        name,
        dependencies[name] ?? devDependencies[name],
      ]),
    ),
    load: Math.round((loadavg()[0] ?? 0) * 100) / 100,
    date: new Date().toISOString().slice(0, 10),
  }
}

/** Keeps results beside the machine they were taken on; long lists have a line an item, so that changes can be read. */
export function writeResults(path, machine, results) {
  const all = { machine: { loadAfter: Math.round((loadavg()[0] ?? 0) * 100) / 100, ...machine }, ...results }
  const fields = Object.entries(all).map(([name, value]) => `${JSON.stringify(name)}: ${lines(value)}`)
  writeFileSync(path, `{\n${fields.join(',\n')}\n}\n`)
}

function lines(value) {
  return Array.isArray(value)
    ? `[\n  ${value.map((item) => JSON.stringify(item)).join(',\n  ')}\n]`
    : JSON.stringify(value)
}

/** `--json FILE` and flags of a bench's command line. */
export function benchArguments(name) {
  const at = process.argv.indexOf('--json')
  return {
    json: at > 0 ? process.argv[at + 1] : new URL(`bench/results/${name}.json`, root).pathname,
    full: process.argv.includes('--full'),
  }
}

function commit() {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim()
  } catch {
    return 'unknown'
  }
}
