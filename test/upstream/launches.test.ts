import { describe, expect, it } from 'vitest'
import { readLaunch } from '../../src/upstream/launch/launch.ts'

const LAUNCHES: readonly (readonly [line: string, runner: string, packages: string])[] = [
  ['npx -y @scope/server --root /x', 'npx', '@scope/server'],
  ['npx --yes @scope/server@1.2.3 -p 80', 'npx', '@scope/server@1.2.3'],
  ['npx --prefer-offline --registry https://r.example @scope/server', 'npx', '@scope/server'],
  ['npx --registry=https://r.example -y server@latest', 'npx', 'server@latest'],
  ['npx -y --package=@scope/a --package @scope/b run-it', 'npx', '@scope/a @scope/b'],
  ['npx -y -p @scope/a run-it', 'npx', '@scope/a'],
  ['npx -y -- server', 'npx', 'server'],
  ['npx github:owner/server', 'npx', 'github:owner/server'],
  ['/opt/node/bin/npx -y server', 'npx', 'server'],
  ['C:\\nodejs\\npx.cmd -y server', 'npx', 'server'],
  ['node /usr/lib/node_modules/npm/bin/npx-cli.js -y server', 'npx', 'server'],
  ['npm exec -y -- @scope/server --flag', 'npm exec', '@scope/server'],
  ['npm --prefix /x exec --package=@scope/server -- run-it', 'npm exec', '@scope/server'],
  ['npm x server', 'npm x', 'server'],
  ['cmd /c npx -y @scope/server', 'npx', '@scope/server'],
  ['cmd.exe /d /s /c npx -y @scope/server', 'npx', '@scope/server'],
  ['powershell -NoProfile -Command npx -y server', 'npx', 'server'],
  ['env A=b npx -y server', 'npx', 'server'],
  ['mise exec -- npx -y server', 'npx', 'server'],
  ['op run -- npx -y server', 'npx', 'server'],
  ['sudo -u me docker run -i image', 'docker run', 'image'],
  ['pnpm dlx @scope/server', 'pnpm dlx', '@scope/server'],
  ['pnpm --package=@scope/server dlx run-it', 'pnpm dlx', '@scope/server'],
  ['pnpx server', 'pnpx', 'server'],
  ['yarn dlx -p @scope/server run-it', 'yarn dlx', '@scope/server'],
  ['bunx --bun server', 'bunx', 'server'],
  ['bun x server', 'bun x', 'server'],
  ['uvx mcp-server-git --repository /x', 'uvx', 'mcp-server-git'],
  ['uvx --python 3.12 --from git+https://h.example/r server', 'uvx', 'git+https://h.example/r'],
  ['uv tool run --with extra mcp-server-git', 'uv tool run', 'mcp-server-git'],
  ['uv --directory /srv/weather run weather.py', 'uv run', '/srv/weather'],
  ['uv run --with mcp[cli] mcp run server.py', 'uv run', 'mcp'],
  ['pipx run --spec thing==1 server', 'pipx run', 'thing==1'],
  ['docker run -i --rm ghcr.io/owner/server stdio', 'docker run', 'ghcr.io/owner/server'],
  ['docker run -it -e TOKEN -v /a:/b --mount type=bind,src=/a,dst=/b mcp/server:1', 'docker run', 'mcp/server:1'],
  ['docker run -eTOKEN=1 -p8080:80 --name x --pull=always mcp/server', 'docker run', 'mcp/server'],
  ['docker --context far container run --init mcp/server', 'docker container run', 'mcp/server'],
  ['podman run --network host image', 'podman run', 'image'],
  ['deno run -A npm:@scope/server', 'deno run', 'npm:@scope/server'],
  ['go run example.com/server@latest', 'go run', 'example.com/server@latest'],
  ['dnx Company.Server --yes', 'dnx', 'Company.Server'],
]

describe('a command that fetches its server first', () => {
  it.each(LAUNCHES)('%s', (line, runner, packages) => {
    const [command = '', ...args] = line.split(' ')
    expect(readLaunch(command, args)).toMatchObject({ runner, packages: packages.split(' ') })
  })

  it.each([
    ['sh', ['-c', 'cd /srv && exec npx -y @scope/server']],
    ['bash', ['-lc', 'A=b npx -y "@scope/server" --x 2>/dev/null']],
    ['cmd', ['/c', 'npx -y @scope/server']],
    ['npx -y @scope/server', []],
  ])('%s %s', (command, args) => {
    expect(readLaunch(command, args)).toMatchObject({ runner: 'npx', packages: ['@scope/server'] })
  })
})

describe('a command that starts at once', () => {
  it.each([
    'node server.js',
    'python -m server',
    'npx ./server',
    'npx .',
    'npx',
    'npx -y',
    'npm run start',
    'npm --prefix /x start',
    'pnpm start',
    'docker exec -i x server',
    'docker mcp gateway run',
    'docker compose run x',
    'deno run -A server.ts',
    'go run ./cmd/server',
    'env A=b node server.js',
    'uv pip install x',
    'cmd /c node server.js',
  ])('%s', (line) => {
    const [command = '', ...args] = line.split(' ')
    expect(readLaunch(command, args)).toBeUndefined()
  })
})
