// A gateway of one server, with the logins of a folder: calls a tool for each line, and prints what it answered.
import { createInterface } from 'node:readline'
import { createFileTokenStore } from '../../dist/upstream/auth/file-store.js'
import { createLogins } from '../../dist/upstream/auth/login.js'
import { createUpstream } from '../../dist/upstream/create.js'

const [folder = '', url = ''] = process.argv.slice(2)
const logins = createLogins(createFileTokenStore({ folder }))
const upstream = createUpstream('signed', { type: 'http', url }, { logins })
for await (const _line of createInterface({ input: process.stdin })) {
  const said = await upstream
    .callTool('whoami', {}, { signal: AbortSignal.timeout(30_000) })
    .then(({ content }) => content[0]?.text)
    .catch((error) => `${error.code}: ${error.message}`)
  process.stdout.write(`${said}\n`)
}
await upstream[Symbol.asyncDispose]()
process.exit(0)
