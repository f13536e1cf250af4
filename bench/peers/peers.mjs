// Each peer as its user would start it, in front of the same server; `open` gives the tasks it can do as functions, and the text
// it would put into an agent's context.
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { definitions } from '../lib/catalogs.mjs'

const path = (name) => fileURLToPath(new URL(name, import.meta.url))
const upstream = path('./upstream.mjs')
const server = { command: process.execPath, args: [upstream] }

/** Programs of the tasks, with the name of the server's functions put in. */
const programs = (call) => ({
  light: `const { items } = ${call('small', '{ q: 1 }')}
return { id: items[0].id, title: items[0].title, count: items.length }`,
  list: `const { items } = ${call('list', '{ q: 1 }')}
return items.filter((item) => item.state === 'open').slice(0, 10).map(({ id, title }) => ({ id, title }))`,
  heavy: `for (let q = 0; q < 3; q++) ${call('small', '{ q }')}
for (let q = 0; q < 10; q++) ${call('small', '{ q }')}
const { items } = ${call('big', '{ q: 1 }')}
const open = items.filter((item) => item.state === 'open').map(({ id, score }) => ({ id, score }))
return { count: open.length, top: open.sort((a, b) => b.score - a.score).slice(0, 5) }`,
})

export const PEERS = {
  direct: {
    package: '@modelcontextprotocol/client',
    kind: 'no gateway: the official client, the work done in the host',
    open: async () => await withoutSandbox(await connect(server)),
  },
  'pass-through proxy': {
    package: '@modelcontextprotocol/sdk',
    kind: 'the official server in front of the official client, the work done in the host',
    open: async () =>
      await withoutSandbox(await connect({ command: process.execPath, args: [path('./passthrough.mjs'), upstream] })),
  },
  'mcp-optimizer (server)': {
    package: 'mcp-optimizer',
    kind: 'MCP over stdio, code in the sandbox',
    async open() {
      const folder = mkdtempSync(join(tmpdir(), 'mcp-optimizer-peers-'))
      const config = join(folder, 'mcp-optimizer.json')
      writeFileSync(config, JSON.stringify({ servers: { bench: server }, cacheDir: folder, sandbox: { poolSize: 2 } }))
      const client = await connect({
        command: process.execPath,
        args: [path('../../dist/cli.js'), 'serve', '--config', config],
      })
      const { tools } = await client.listTools()
      const sources = programs((tool, input) => `await tools.bench.${tool}(${input})`)
      const run = async (name) => {
        const { content } = await client.callTool({ name: 'execute_code', arguments: { code: sources[name] } })
        const { text } = content[0]
        return text.startsWith('{"status"') ? JSON.parse(text).data : text
      }
      return {
        run,
        context: JSON.stringify(definitions(tools)) + client.getInstructions(),
        close: async () => await client.close(),
      }
    },
  },
  'mcp-optimizer (library)': {
    package: 'mcp-optimizer',
    kind: 'code in the sandbox, in this process',
    async open() {
      const { CodeExecutor, createSurface } = await import('../../dist/index.js')
      const cacheDir = mkdtempSync(join(tmpdir(), 'mcp-optimizer-peers-'))
      const executor = new CodeExecutor({
        servers: { bench: { type: 'stdio', ...server } },
        cacheDir,
        sandbox: { poolSize: 2 },
      })
      const sources = programs((tool, input) => `await tools.bench.${tool}(${input})`)
      const { tools, instructions } = createSurface({
        servers: ['bench'],
        compact: false,
        programs: true,
        version: '0',
      })
      const run = async (name) => (await executor.execute(sources[name])).data
      return {
        run,
        context: JSON.stringify(definitions(tools)) + instructions,
        close: async () => await executor[Symbol.asyncDispose](),
      }
    },
  },
  run: {
    package: 'run',
    kind: 'a QuickJS runner; the official client as its host functions',
    async open() {
      const { run: execute } = await import('run')
      const client = await connect(server)
      const call = async (name, input) =>
        JSON.parse((await client.callTool({ name, arguments: input })).content[0].text)
      const tools = Object.fromEntries(
        ['small', 'list', 'big'].map((name) => [name, async (input) => await call(name, input)]),
      )
      const sources = programs((tool, input) => `await bench.${tool}(${input})`)
      const run = async (name) => {
        const outcome = await execute({ source: sources[name], hostFunctions: { bench: tools } })
        if (outcome.status !== 'completed') throw new Error(`ended with ${outcome.status}`)
        return outcome.value
      }
      return { run, close: async () => await client.close() }
    },
  },
  '@utcp/code-mode': {
    package: '@utcp/code-mode',
    kind: 'isolated-vm in this process, @utcp/mcp to the server',
    async open() {
      await import('@utcp/mcp')
      const { CodeModeUtcpClient } = await import('@utcp/code-mode')
      const client = await CodeModeUtcpClient.create()
      await client.registerManual({
        name: 'bench',
        call_template_type: 'mcp',
        config: { mcpServers: { bench: { transport: 'stdio', ...server } } },
      })
      const interfaces = await client.getAllToolsTypeScriptInterfaces()
      const sources = programs((tool, input) => `bench.bench_${tool}(${input})`)
      const run = async (name) => {
        const { result, logs } = await client.callToolChain(sources[name])
        if (result === null) throw new Error(`no result: ${logs.join(' ').slice(0, 200)}`)
        return result
      }
      return {
        run,
        context: CodeModeUtcpClient.AGENT_PROMPT_TEMPLATE + interfaces,
        close: async () => await client.close?.(),
      }
    },
  },
  mcporter: {
    package: 'mcporter',
    kind: 'a runtime for calls, no sandbox: the work done in the host',
    async open() {
      const { createRuntime } = await import('mcporter')
      const runtime = await createRuntime({
        servers: [{ name: 'bench', command: { kind: 'stdio', cwd: tmpdir(), ...server } }],
      })
      const call = async (name, input) =>
        JSON.parse((await runtime.callTool('bench', name, { args: input })).content[0].text)
      return { run: inHost(call), close: async () => await runtime.close() }
    },
  },
  '@cloudflare/codemode': {
    package: '@cloudflare/codemode',
    kind: 'a library for Workers',
    async open() {
      const { DynamicWorkerExecutor } = await import('@cloudflare/codemode')
      return { run: new DynamicWorkerExecutor({}) }
    },
  },
  executor: {
    package: 'executor',
    kind: 'a daemon with an MCP server over stdio',
    async open() {
      const home = mkdtempSync(join(tmpdir(), 'executor-home-'))
      const client = await connect({
        command: path('./node_modules/executor/bin/executor'),
        args: ['mcp'],
        env: { PATH: process.env.PATH, HOME: home },
      })
      const { tools } = await client.listTools()
      return {
        context: JSON.stringify(definitions(tools)) + (client.getInstructions() ?? ''),
        why: 'servers over stdio want an approval and a connection made by a person, which a script cannot give: no calls were measured',
        close: async () => await client.close(),
      }
    },
  },
  '@atlassian/mcp-compressor': {
    package: '@atlassian/mcp-compressor',
    kind: 'a proxy of two or three tools',
    async open() {
      throw new Error('not in the npm registry (a Python package)')
    },
  },
}

async function connect(command) {
  const client = new Client({ name: 'bench', version: '1' })
  await client.connect(new StdioClientTransport({ ...command, stderr: 'ignore' }), { timeout: 60_000 })
  return client
}

async function withoutSandbox(client) {
  const { tools } = await client.listTools()
  const call = async (name, input) => JSON.parse((await client.callTool({ name, arguments: input })).content[0].text)
  return { run: inHost(call), context: JSON.stringify(definitions(tools)), close: async () => await client.close() }
}

/** The tasks as plain functions of the host: no isolation at all. */
function inHost(call) {
  const tasks = {
    async light() {
      const { items } = await call('small', { q: 1 })
      return { id: items[0].id, title: items[0].title, count: items.length }
    },
    async list() {
      const { items } = await call('list', { q: 1 })
      return items
        .filter((item) => item.state === 'open')
        .slice(0, 10)
        .map(({ id, title }) => ({ id, title }))
    },
    async heavy() {
      for (let q = 0; q < 13; q++) await call('small', { q })
      const { items } = await call('big', { q: 1 })
      const open = items.filter((item) => item.state === 'open').map(({ id, score }) => ({ id, score }))
      return { count: open.length, top: open.toSorted((a, b) => b.score - a.score).slice(0, 5) }
    },
  }
  return async (name) => await tasks[name]()
}
