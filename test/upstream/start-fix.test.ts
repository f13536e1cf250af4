import { describe, expect, it } from 'vitest'
import { lastWords } from '../../src/upstream/last-words.ts'
import { readLaunch } from '../../src/upstream/launch/launch.ts'
import { startFix } from '../../src/upstream/launch/start-fix.ts'

const ENTRY = '/home/x y/.npm/_npx/0123456789abcdef'

function fixOf(line: string, said: string, isWindows = false): string | undefined {
  const [command = '', ...args] = line.split(' ')
  const launch = readLaunch(command, args)
  if (launch === undefined) throw new Error(`no launch: ${line}`)
  return startFix({ said, launch, npxEntry: launch.kind === 'npm' ? ENTRY : undefined, isWindows })
}

describe('what to do about a start that failed', () => {
  it.each([
    [
      'npx s',
      `Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'z' imported from ${ENTRY}/node_modules/s/i.js`,
      'rm -rf',
    ],
    ['npx s', `npm error code ENOTEMPTY\nnpm error path ${ENTRY}/node_modules/s`, 'rm -rf'],
    ['npx s', 'npm error could not determine executable to run', 'rm -rf'],
    ['npx s', 'sh: 1: s: not found', 'rm -rf'],
    ['npx s', 'npm error code EACCES\nnpm error path /home/x/.npm/_cacache/tmp', 'its own cache'],
    ['npx s', 'npm error code ENOTFOUND\nnpm error network request failed', 'HTTPS_PROXY'],
    ['npx s', 'npm error code SELF_SIGNED_CERT_IN_CHAIN', 'NODE_EXTRA_CA_CERTS'],
    ['npx s', 'npm ERR! code E401', 'npm login'],
    ['docker run i', 'docker: Cannot connect to the Docker daemon at unix:///var/run/docker.sock.', 'start docker'],
    ['docker run i', 'docker: Error response from daemon: pull access denied for i', 'there is no image i'],
    ['uvx s', 'Because s was not found in the package registry and you require s', 'for this Python'],
  ])('%s: %s', (line, said, fix) => {
    expect(fixOf(line, said)).toContain(fix)
  })

  it('quotes a folder, and removes it as the machine does', () => {
    expect(fixOf('npx s', 'sh: 1: s: not found')).toContain(`rm -rf "${ENTRY}"`)
    expect(fixOf('npx s', "'s' is not recognized as an internal or external command", true)).toContain('rmdir /s /q')
  })

  it.each([
    ['npx s', 'Error: token is missing'],
    ['npx s', "Error: Cannot find module '/home/x/settings.json'"],
    ['uvx s', 'ValueError: no key'],
  ])('says nothing of what the server itself lacks: %s: %s', (line, said) => {
    expect(fixOf(line, said)).toBeUndefined()
  })
})

it('of npm’s last words those that name the reason are shown', () => {
  const said = `npm warn exec The following package was not found
npm error code E404
npm error 404 Not Found - GET https://registry.example/@scope%2fserver - Not found
npm error 404
npm error 404  The requested resource '@scope/server@*' could not be found.
npm error 404
npm error 404 Note that you can also install from a
npm error 404 tarball, folder, http url, or git folder.
npm error A complete log of this run can be found in: /home/x/.npm/_logs/2026-debug-0.log
npm notice New major version of npm available`
  const words = lastWords(said, (text) => text)
  expect(words).toContain('npm error code E404')
  expect(words).toContain("'@scope/server@*' could not be found")
  expect(words).not.toMatch(/complete log|tarball|notice/)
})
