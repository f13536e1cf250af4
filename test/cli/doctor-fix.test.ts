import { expect, it } from 'vitest'
import { fixFor } from '../../src/cli/doctor-fix.ts'
import { OptimizerError } from '../../src/errors.ts'

const url = 'http://host.example/mcp?token=abc'
const http = { type: 'http', url } as const
const stdio = { type: 'stdio', command: 'node', args: ['-e', "it's(1)"], cwd: '/gone' } as const
const gone = (words: string): OptimizerError =>
  new OptimizerError('UPSTREAM_UNAVAILABLE', `s went away during initialize: ${words}`)
const refused = (status: number): OptimizerError =>
  new OptimizerError('UPSTREAM_UNAVAILABLE', `s refused initialize: HTTP ${status}`, { details: { status } })

it.each([
  [refused(404), http, `check the path of ${url}`],
  [refused(503), http, 'try again later'],
  [new OptimizerError('UPSTREAM_PROTOCOL', 's sent an answer that is no JSON'), http, 'but no MCP server'],
  [new OptimizerError('UPSTREAM_PROTOCOL', 'redirects', { suggestion: 'write the other' }), http, 'write the other'],
  [
    new OptimizerError('UPSTREAM_UNAVAILABLE', 'x', { suggestion: 'start it', details: { reason: 'ECONNREFUSED' } }),
    http,
    `start it: ${url}`,
  ],
  [gone('command "node" was not found'), stdio, 'install "node"'],
  [gone('it ended with code 1; it last said: Page was not found'), stdio, 'run it by hand'],
  [gone('its working folder (cwd) was not found'), stdio, 'make the folder "/gone", or correct its cwd'],
  [gone('spawn node EACCES'), stdio, 'make "node" executable'],
  [gone('it ended with code 0'), stdio, String.raw`node -e 'it'\''s(1)'`],
])('%s: the advice fits the failure', (thrown, server, advice) => {
  expect(fixFor(thrown, server)).toContain(advice)
})
