import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const { exports } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { exports: Record<string, unknown> }
const DOORS = Object.keys(exports).filter((door) => !door.endsWith('.json'))

/** The value names of a door, as a program of its own imports them from the package. */
function namesOf(door: string): string[] {
  const source = `console.log(JSON.stringify(Object.keys(await import(${JSON.stringify(door.replace('.', 'mcp-optimizer'))}))))`
  const json = execFileSync(process.execPath, ['--input-type=module', '-e', source], { cwd: root, encoding: 'utf8' })
  return (JSON.parse(json) as string[]).toSorted()
}

describe('the doors of the package', () => {
  it.each(DOORS)('%s can be imported, and has these names', (door) => {
    expect(namesOf(door)).toMatchSnapshot()
  })

  const light: [string, readonly string[]][] = [
    [
      'mcp-optimizer',
      ['@modelcontextprotocol', 'zod', 'ajv', 'yaml', 'sucrase', 'quickjs-wasi', 'cross-spawn', 'jsonc-parser'],
    ],
    ['mcp-optimizer/sandbox', ['zod', 'ajv', 'yaml', 'sucrase', 'quickjs-wasi', 'lru-cache']],
    ['mcp-optimizer/config', ['zod', 'ajv', 'yaml']],
    ['mcp-optimizer/server', ['zod', 'ajv', 'yaml', 'sucrase']],
  ]
  it.each(light)('%s loads no large library before it is used', (door, libraries) => {
    // The hook sees what is imported, the cache what is required.
    const source = `
      import { createRequire, register } from 'node:module'
      const hooks = \`export async function resolve(name, context, next) { console.log(name); return next(name, context) }\`
      register('data:text/javascript,' + encodeURIComponent(hooks))
      await import(${JSON.stringify(door)})
      console.log(Object.keys(createRequire(import.meta.url).cache).join('\\n'))`
    const told = execFileSync(process.execPath, ['--input-type=module', '-e', source], { cwd: root, encoding: 'utf8' })
    const loaded = libraries.filter((name) => new RegExp(`^${name}(?:/|$)|node_modules/${name}/`, 'm').test(told))
    expect(told).toContain(door)
    expect(loaded).toEqual([])
  })
})
