import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { transform } from 'sucrase'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

it('the example of docs/benchmarks.md runs as it stands there', async () => {
  const [, source = ''] = /```ts\n([\s\S]+?)```/.exec(readFileSync(`${root}docs/benchmarks.md`, 'utf8')) ?? []
  const { code } = transform(source, { transforms: ['typescript'] })
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code], { cwd: root })
  expect(stdout).toMatch(/^mean \d+\.\d\d ms, P99 \d+\.\d\d ms\n\d+ tokens in 200 operations\n$/)
})
