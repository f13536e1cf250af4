// Packs the package, looks at what is inside, installs it in an empty project and runs it there.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, posix } from 'node:path'

// Of these, data/word-vectors.bin is 1.3 MB, and docs that README links 55 kB.
const MAX_PACKED_BYTES = 2_700_000
// What an installation brings along: what few people need is an optional peer, or not a package.
const MAX_INSTALLED_BYTES = 50_000_000
const MAX_PACKAGES = 65
const ALLOWED =
  /^(dist\/.*\.(js|d\.ts)|intents\/[\w/]+(\.d)?\.ts|intents\/tsconfig\.json|schema\/.*\.json|data\/word-vectors\.bin|docs\/[\w/-]+\.md|package\.json|README\.md|LICENSE|NOTICE)$/
const folder = mkdtempSync(join(tmpdir(), 'mcp-optimizer-package-'))
try {
  const [{ files, size, filename }] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--silent', '--ignore-scripts', '--pack-destination', folder], {
      encoding: 'utf8',
    }),
  )
  const odd = files.map(({ path }) => path).filter((path) => !ALLOWED.test(path))
  if (odd.length > 0) throw new Error(`files that do not belong into the package: ${odd.join(', ')}`)
  const packed = new Set(files.map(({ path }) => path))
  const dead = [...packed].filter((path) => path.endsWith('.md')).flatMap((path) => deadLinks(path, packed))
  if (dead.length > 0) throw new Error(`links to files that are not in the package: ${dead.join(', ')}`)
  if (size > MAX_PACKED_BYTES) throw new Error(`the package has ${size} bytes, at most ${MAX_PACKED_BYTES}`)
  writeFileSync(join(folder, 'package.json'), '{"private": true, "type": "module"}')
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--silent', join(folder, filename)], {
    cwd: folder,
    stdio: 'inherit',
  })
  const { packages, bytes } = installed(join(folder, 'node_modules'))
  if (packages > MAX_PACKAGES) throw new Error(`it brings ${packages} packages, at most ${MAX_PACKAGES}`)
  if (bytes > MAX_INSTALLED_BYTES) throw new Error(`it takes ${bytes} bytes on disk, at most ${MAX_INSTALLED_BYTES}`)
  writeFileSync(
    join(folder, 'run.mjs'),
    `import { CodeExecutor, createMemoryUpstream } from 'mcp-optimizer'
import { sandboxContract } from 'mcp-optimizer/testing'
const demo = createMemoryUpstream('demo', [{ name: 'twice', run: ({ n }) => ({ result: n * 2 }) }])
const executor = new CodeExecutor({ cacheDir: ${JSON.stringify(folder)}, upstreams: [demo] })
const { data } = await executor.execute('return (await tools.demo.twice({ n: 21 })).result')
await executor[Symbol.asyncDispose]()
let cases = 0
sandboxContract('none', () => undefined, { describe: (_, define) => define(), it: () => cases++, before() {}, after() {} })
console.log(cases > 30 && data)`,
  )
  const said = execFileSync(process.execPath, ['run.mjs'], { cwd: folder, encoding: 'utf8' }).trim()
  if (said !== '42') throw new Error(`the installed package answered ${said}, wanted 42`)
  const version = execFileSync(join(folder, 'node_modules', '.bin', 'mcp-optimizer'), ['--version'], {
    encoding: 'utf8',
  }).trim()
  // Optional packages are not there: what needs them says so, or does without.
  const audit = execFileSync(join(folder, 'node_modules', '.bin', 'mcp-optimizer'), ['audit', '--json'], {
    cwd: folder,
    env: { ...process.env, HOME: folder, XDG_CONFIG_HOME: folder, XDG_CACHE_HOME: folder, USERPROFILE: folder },
    stdio: ['ignore', 'pipe', 'ignore'],
    encoding: 'utf8',
  })
  if (JSON.parse(audit).tokenizer !== 'estimate') throw new Error('without its optional package audit must estimate')
  console.log(
    `package ${version}: ${files.length} files, ${size} bytes packed; installs and runs in an empty project, ${packages} packages, ${(bytes / 1e6).toFixed(1)} MB on disk`,
  )
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** Packages that ours brings along, and the bytes that their files take on disk. */
function installed(modules) {
  const { packages } = JSON.parse(readFileSync(join(modules, '.package-lock.json'), 'utf8'))
  const files = readdirSync(modules, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const bytes = files.reduce((sum, { parentPath, name }) => sum + onDisk(statSync(join(parentPath, name))), 0)
  return { packages: Object.keys(packages).length - 1, bytes }
}

/** Whole blocks of the disk; Windows counts none. */
function onDisk({ size, blocks }) {
  return blocks === undefined || blocks === 0 ? size : blocks * 512
}

/** Files that a document links and that a reader of the package would not find. */
function deadLinks(path, packed) {
  const links = readFileSync(path, 'utf8').matchAll(/\]\((?!https?:|#)([^)#\s]+)[^)]*\)/g)
  return [...links].map(([, to]) => posix.join(posix.dirname(path), to)).filter((to) => !packed.has(to))
}
