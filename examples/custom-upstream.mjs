// A source of tools of your own: npm install mcp-optimizer
import assert from 'node:assert/strict'
import { createOptimizer, defineConfig } from 'mcp-optimizer'

/** Every command of a table as a tool; the table may change while the gateway runs. */
function createCommandUpstream(name, commands) {
  const listeners = new Set()
  return {
    name,
    async listTools() {
      return [...commands].map(([command, { description }]) => ({
        name: command,
        description,
        inputSchema: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] },
      }))
    },
    async callTool(tool, { text }, { signal }) {
      signal.throwIfAborted()
      const answer = commands.get(tool).run(String(text))
      return { content: [{ type: 'text', text: answer }], structuredContent: { answer } }
    },
    onToolsChanged(listener) {
      listeners.add(listener)
      return { [Symbol.dispose]: () => listeners.delete(listener) }
    },
    status: () => ({ state: 'ready', problems: [], restarts: 0, listSource: 'server' }),
    add(command, definition) {
      commands.set(command, definition)
      for (const listener of listeners) listener()
    },
    async [Symbol.asyncDispose]() {
      listeners.clear()
    },
  }
}

const upper = { description: 'Writes a text in capitals', run: (text) => text.toUpperCase() }
const words = createCommandUpstream('words', new Map([['upper', upper]]))
const optimizer = createOptimizer(defineConfig(), { upstreams: [words] })
try {
  const answer = await optimizer.executeIntent({ intent: 'words.upper', params: { text: 'abc' } })
  assert.deepEqual(answer.data, { answer: 'ABC' })

  const listed = new Promise((resolve) => optimizer.onCatalogChanged(resolve))
  words.add('reverse', { description: 'Turns a text round', run: (text) => [...text].toReversed().join('') })
  await listed
  const reversed = await optimizer.execute({ code: 'return (await tools.words.reverse({ text: "abc" })).answer' })
  assert.equal(reversed.data, 'cba')
  console.log(reversed.data)
} finally {
  await optimizer[Symbol.asyncDispose]()
}
