// A server that misbehaves in one of many ways, for the campaign and for hands.
//   node main.js --mode NAME [--bytes N] [--many N] [--late MS] [--journal FILE] [--canary URL]     over stdio
//   node main.js --http [...]         all modes over HTTP, at /modern/NAME/mcp and /legacy/NAME/mcp
//   node main.js --list               the modes
import { parseArgs } from 'node:util'
import type { Settings } from './mode.ts'
import { HEALTHY, MODES } from './modes/index.ts'
import { serveHttp } from './http.ts'
import { serveStdio } from './stdio.ts'

const { values } = parseArgs({
  options: {
    mode: { type: 'string', default: HEALTHY.name },
    http: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    bytes: { type: 'string', default: '20000000' },
    many: { type: 'string', default: '2000' },
    late: { type: 'string', default: '1500' },
    journal: { type: 'string' },
    canary: { type: 'string', default: 'http://127.0.0.1:9/' },
  },
})
const settings: Settings = {
  bytes: Number(values.bytes),
  many: Number(values.many),
  lateMs: Number(values.late),
  journal: values.journal,
  canary: values.canary,
}
const mode = MODES.get(values.mode)
if (values.list) {
  for (const { name, about } of MODES.values()) console.log(`${name.padEnd(30)} ${about}`)
} else if (values.http) {
  console.error(JSON.stringify({ listening: await serveHttp(settings) }))
} else if (mode === undefined) {
  console.error(`there is no mode ${values.mode}; --list names them`)
  process.exitCode = 64
} else serveStdio(mode, settings)
