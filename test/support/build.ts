import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Worker threads and the command line run from `dist`, the misbehaving server from `build`: both are compiled before any test. */
export default function build(): void {
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'inherit' })
  execFileSync('npx', ['tsc', '-p', 'tsconfig.campaign.json'], { cwd: root, stdio: 'inherit' })
}
