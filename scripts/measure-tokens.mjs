// Prints what the surface costs an agent, and fails when it grows over its ceiling.
import { countTokens } from 'gpt-tokenizer/encoding/cl100k_base'
import { createSurface } from '../dist/surface/surface.js'

const many = Array.from({ length: 200 }, (_, index) => `server-${index}`)
const daily = [
  'filesystem',
  'github',
  'google-drive',
  'linear',
  'notion',
  'playwright',
  'postgres',
  'sentry',
  'slack',
  'stripe',
]
const forty = Array.from({ length: 40 }, (_, index) => `${daily[index % 10]}${index < 10 ? '' : `-${index}`}`)
const surface = (compact, more = {}) =>
  createSurface({ servers: [], compact, programs: true, version: '0.0.0', ...more })
const shown = ({ tools, instructions }) =>
  JSON.stringify(tools.map(({ name, description, inputSchema }) => ({ name, description, inputSchema }))) + instructions
const packs = ['analyze_error', 'fix_error', 'get_error', 'list_errors']
const builtins = [
  'results.read',
  'results.show',
  'results.search',
  'results.describe',
  'results.diff',
  'results.export',
  'save_intent',
]
const intents = [...packs, ...builtins]
const manifest = {
  name: 'mcp-optimizer',
  version: '0.1.0',
  capabilities: { code_execution: { intents, max_timeout: 300, max_memory_mb: 64 } },
}

const rows = [
  ['default surface (4 tools, instructions)', shown(surface(false)), 250],
  ['default surface before 40 servers', shown(surface(false, { servers: forty })), 250],
  ['default surface before 200 servers', shown(surface(false, { servers: many })), 250],
  ['compact surface (2 tools, instructions)', shown(surface(true)), 120],
  ['compact surface before 200 servers', shown(surface(true, { servers: many })), 120],
  ['surface of lazy_loading before 200 servers', shown(surface(false, { servers: many, mode: 'lazy_loading' })), 175],
  ['surface of server_side before 200 servers', shown(surface(false, { servers: many, mode: 'server_side' })), 150],
  ['manifest with the sentry pack', JSON.stringify(manifest), 187],
].map(([what, text, ceiling]) => [what, countTokens(text), ceiling])
for (const [what, tokens, ceiling] of rows) console.log(`${what}: ${tokens} tokens (cl100k_base), ceiling ${ceiling}`)
process.exitCode = rows.some(([, tokens, ceiling]) => tokens > ceiling) ? 1 : 0
