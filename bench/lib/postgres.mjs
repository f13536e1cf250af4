// A PostgreSQL of our own in a temporary folder, with a small shop in it.
import { execFile, spawn } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const SQL = `
create table customers (id int primary key, name text, country text);
create table orders (id int primary key, customer_id int references customers, total numeric(10,2), placed date);
insert into customers select i, 'customer ' || i, (array['DE','FR','US','JP'])[1 + i % 4] from generate_series(1, 200) i;
insert into orders select i, 1 + (i * 37) % 200, (i * 131 % 9000) / 10.0, date '2026-01-01' + i % 300 from generate_series(1, 3000) i;
`

/** Folder of the server's programs, or undefined when PostgreSQL is not installed. */
function programs() {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian).toSorted() : []
  return versions.map((version) => join(debian, version, 'bin')).findLast((path) => existsSync(join(path, 'initdb')))
}

/** Starts it; `{url, query(sql), close()}`, or undefined with no PostgreSQL on this machine. */
export async function startPostgres() {
  const bin = programs()
  if (bin === undefined) return undefined
  const folder = mkdtempSync(join(tmpdir(), 'mcp-optimizer-postgres-'))
  // It refuses to run as root.
  const asRoot = process.getuid?.() === 0
  const owner = asRoot ? Number((await run('id', ['-u', 'postgres'])).stdout) : undefined
  if (owner !== undefined) chownSync(folder, owner, owner)
  chmodSync(folder, 0o700)
  const own = (program, args) =>
    asRoot ? ['runuser', ['-u', 'postgres', '--', join(bin, program), ...args]] : [join(bin, program), args]
  await run(...own('initdb', ['-D', folder, '-U', 'bench', '-A', 'trust', '--no-sync']))
  const port = await freePort()
  const server = spawn(...own('postgres', ['-D', folder, '-p', String(port), '-k', folder, '-h', '127.0.0.1', '-F']), {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  await ready(server)
  const url = `postgresql://bench@127.0.0.1:${port}/postgres`
  const query = async (sql) => (await run(join(bin, 'psql'), [url, '-At', '-c', sql])).stdout.trim()
  await query(SQL)
  return {
    url,
    query,
    async close() {
      const ended = new Promise((resolve) => server.once('exit', resolve))
      await run(...own('pg_ctl', ['-D', folder, '-m', 'immediate', 'stop']))
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function ready(server) {
  await new Promise((resolve, reject) => {
    server.once('exit', (code) => reject(new Error(`postgres ended with ${code}`)))
    let text = ''
    server.stderr.setEncoding('utf8').on('data', (chunk) => {
      text += chunk
      if (text.includes('ready to accept connections')) resolve()
    })
  })
}

async function freePort() {
  const server = createServer()
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return port
}
