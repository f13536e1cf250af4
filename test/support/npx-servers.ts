import type { FixturePackage } from './npm-registry.ts'

/** A server of one tool, which needs another package to answer. */
const SERVER = `#!/usr/bin/env node
const words = require('@fixture/words')
const send = (id, result) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result }) + '\\n')
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method } = JSON.parse(line)
  if (method === 'initialize')
    send(id, { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: words.name, version: '1' } })
  if (method === 'tools/list') send(id, { tools: [{ name: words.tool, inputSchema: { type: 'object' } }] })
})
`

export function serverPackage(name: string): FixturePackage {
  return {
    name: `@fixture/${name}`,
    version: '1.0.0',
    bin: { [`mcp-${name}`]: 'server.js' },
    dependencies: { '@fixture/words': '1.0.0' },
    files: { 'server.js': SERVER },
  }
}

export const WORDS: FixturePackage = {
  name: '@fixture/words',
  version: '1.0.0',
  files: { 'index.js': "module.exports = { name: 'fixture', tool: 'act' }" },
}
