import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../support/servers.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const home = temporaryFolder()
const out = join(home, 'intents')

/** A server with one tool that says what it takes and answers. */
const SERVER = `
const object = (properties, required) => ({ type: 'object', properties, required })
const tools = [{
  name: 'list_orders',
  description: 'Lists orders',
  inputSchema: object({ customer: { type: 'string' }, limit: { type: 'integer' } }, ['customer']),
  outputSchema: object({ orders: { type: 'array', items: object({ id: { type: 'number' } }, ['id']) } }, ['orders']),
}]
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method } = JSON.parse(line)
  const result = method === 'initialize'
    ? { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'shop', version: '1' } }
    : { tools }
  if (id !== undefined) process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result }) + '\\n')
})`

const RIGHT = `
import type { Context, Tools } from 'mcp-optimizer/intents'
import { defineIntent } from 'mcp-optimizer/intents'
export const metadata = {
  name: 'first_order', description: 'Finds the first order', servers: ['shop'],
  input: { type: 'object', properties: { customer: { type: 'string' } }, required: ['customer'] },
} as const
export default defineIntent(metadata, async ({ customer }, tools) => {
  const { orders } = await tools.shop.list_orders({ customer, limit: 1 })
  return orders[0]?.id.toFixed(0)
})
export const other = async (input: object, tools: Tools, context: Context) => [input, await tools.describe('a'), await context.state.keys()]
`
const PLAIN = `export default async (input: { customer: string }, tools: Tools, { state }: Context) => {
  await state.set('last', input.customer)
  return (await tools.shop.list_orders(input)).orders.length
}
`
const PROGRAM = `const { orders } = await tools.shop.list_orders({ customer: params.customer })
console.log(orders.map(({ id }) => id + 1), await results.list())
export {}
`
const WRONG: [string, string, RegExp][] = [
  ['a misspelt tool', 'await tools.shop.list_order({ customer: "a" })\nexport {}', /list_order/],
  ['a missing parameter', 'await tools.shop.list_orders({})\nexport {}', /customer/],
  [
    'a member that no answer has',
    'console.log((await tools.shop.list_orders({ customer: "a" })).order)\nexport {}',
    /order/,
  ],
  ['input of another type', RIGHT.replace("type: 'string'", "type: 'number'"), /number/],
  [
    'a member that no input has',
    RIGHT.replaceAll('({ customer })', '({ client })').replace('async ({ customer }', 'async ({ client }'),
    /client/,
  ],
]

function cli(...args: string[]): ReturnType<typeof spawnSync> {
  const env = { ...process.env, HOME: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home }
  return spawnSync(process.execPath, [join(root, 'dist/cli.js'), ...args], { cwd: home, env, encoding: 'utf8' })
}

/** What the compiler says of one file beside the declarations. */
function check(name: string, source: string): string {
  const folder = join(home, name)
  mkdirSync(folder)
  const paths = { 'mcp-optimizer/intents': [join(root, 'dist/library/intents.d.ts')] }
  const settings = {
    extends: '../intents/tsconfig.json',
    compilerOptions: { paths },
    files: ['a.ts', '../intents/mcp-optimizer.d.ts'],
    include: [],
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(settings))
  writeFileSync(join(folder, 'a.ts'), source)
  const { stdout } = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder], {
    encoding: 'utf8',
  })
  return stdout
}

beforeAll(() => {
  writeFileSync(join(home, 'shop.cjs'), SERVER)
  const servers = { shop: { command: process.execPath, args: [join(home, 'shop.cjs')] } }
  writeFileSync(join(home, 'own.json'), JSON.stringify({ servers, cacheDir: './cache' }))
})

describe('mcp-optimizer types', () => {
  it('prints declarations of all tools', () => {
    const { stdout, status } = cli('types', '--config', 'own.json')
    expect([status, stdout]).toEqual([0, expect.stringContaining('list_orders(input: {')])
  })

  it('writes them into a folder, and leaves a tsconfig.json that is there', () => {
    expect(cli('types', '--config', 'own.json', '--out', 'intents').stdout).toMatch(
      /^wrote .*mcp-optimizer\.d\.ts: 1 tool, /,
    )
    const config = join(out, 'tsconfig.json')
    const written = readFileSync(config, 'utf8')
    writeFileSync(config, `${written}\n`)
    expect(cli('types', '--config', 'own.json', '--out', 'intents').status).toBe(0)
    expect(readFileSync(config, 'utf8')).toBe(`${written}\n`)
  })

  it('writes what is asked for alone', () => {
    expect(cli('types', '--config', 'own.json', '--only', 'other.*').stdout).not.toContain('list_orders')
  })

  it.each([
    ['an intent with defineIntent', RIGHT],
    ['an intent that imports nothing', PLAIN],
    ['a program', PROGRAM],
  ])('lets %s compile', (name, source) => {
    expect(check(name.replaceAll(' ', '-'), source)).toBe('')
  })

  it.each(WRONG)('refuses %s', (name, source, words) => {
    expect(check(name.replaceAll(' ', '-'), source)).toMatch(words)
  })
})
