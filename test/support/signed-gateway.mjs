// A gateway of one server: logs in with what is kept in a folder, and calls a tool once a line comes.
import { once } from 'node:events'
import { createFileTokenStore } from '../../dist/upstream/auth/file-store.js'
import { createLogins } from '../../dist/upstream/auth/login.js'
import { createUpstream } from '../../dist/upstream/create.js'

const [folder = '', url = ''] = process.argv.slice(2)
const logins = createLogins(createFileTokenStore({ folder }))
const upstream = createUpstream('signed', { type: 'http', url }, { logins })
await once(process.stdin, 'data')
const said = await upstream
  .callTool('whoami', {}, { signal: AbortSignal.timeout(30_000) })
  .then(({ content }) => content[0]?.text)
  .catch((error) => `${error.code}: ${error.message}`)
process.stdout.write(`${said}\n`)
await upstream[Symbol.asyncDispose]()
process.exit(0)
