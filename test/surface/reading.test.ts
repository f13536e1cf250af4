import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { expect, it } from 'vitest'
import { defineConfig } from '../../src/config/defaults.ts'
import type { Answer } from '../../src/engine/engine.ts'
import { createOptimizer } from '../../src/optimizer.ts'
import { toCallResult } from '../../src/surface/answers.ts'
import { loadTokenizer } from '../../src/tokens/exact.ts'
import type { ContentBlock } from '../../src/upstream/upstream.ts'
import { temporaryFolder } from '../support/servers.ts'

const path = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url))
const joined = (content: readonly ContentBlock[]): string => content.map(({ text }) => String(text)).join('\n')

it('costs at most 3 % more tokens through us than directly, whatever is read and by which road (F15)', async () => {
  const folder = temporaryFolder()
  const file = join(folder, 'README.md')
  copyFileSync(path('README.md'), file)
  copyFileSync(path('src/surface/answers.ts'), join(folder, 'answers.ts'))
  const server = {
    command: process.execPath,
    args: [path('node_modules/@modelcontextprotocol/server-filesystem/dist/index.js'), folder],
  }
  const direct = new Client({ name: 'test', version: '1' })
  await direct.connect(new StdioClientTransport({ ...server, stderr: 'ignore' }))
  await using gateway = createOptimizer(
    defineConfig({
      cacheDir: temporaryFolder(),
      features: { maxTokensPerRequest: 50_000 },
      servers: { files: { type: 'stdio', ...server } },
    }),
  )
  const tokenizers = [await loadTokenizer('cl100k_base'), await loadTokenizer('o200k_base')]
  const ours = async (answer: Promise<Answer>): Promise<string> =>
    joined((await toCallResult(await answer, { compactAnswers: true })).content)
  const read = { path: file }
  const source = { path: join(folder, 'answers.ts') }
  for (const [calls, answer] of [
    [[['read_text_file', read]], gateway.executeIntent({ intent: 'files.read_text_file', params: read })],
    [
      [['list_directory', { path: folder }]],
      gateway.executeIntent({ intent: 'files.list_directory', params: { path: folder } }),
    ],
    [
      [['directory_tree', { path: folder }]],
      gateway.executeIntent({ intent: 'files.directory_tree', params: { path: folder } }),
    ],
    [
      [
        ['read_text_file', read],
        ['read_text_file', source],
      ],
      gateway.executeBatch({
        requests: [read, source].map((params) => ({ intent: 'files.read_text_file', params })),
      }),
    ],
    [
      [['read_text_file', read]],
      gateway.execute({ code: 'return (await tools.files.read_text_file(params)).content', params: read }),
    ],
    [
      [['read_text_file', read]],
      gateway.execute({ code: 'console.log("read"); return await tools.files.read_text_file(params)', params: read }),
    ],
  ] as const) {
    const directly = await Promise.all(
      calls.map(async ([name, input]) => {
        const { content } = await direct.callTool({ name, arguments: { ...input } })
        return joined(content)
      }),
    )
    for (const { count } of tokenizers)
      expect(count(await ours(answer)) / count(directly.join('\n'))).toBeLessThanOrEqual(1.03)
  }
  await direct.close()
})
