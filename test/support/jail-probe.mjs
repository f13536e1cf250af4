// What code with all of Node.js in its hands can do inside a jail: started there instead of a runner, it tries on a thread
// like those of programs, and prints what came of each try. Its argument is JSON: a file outside, a port, a process.
import { argv, dlopen, env, getBuiltinModule, kill, pid, stdout } from 'node:process'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

if (isMainThread) {
  const { threadOptions } = await import('../../dist/sandbox/engine/thread-flags.js')
  const thread = new Worker(new URL(import.meta.url), { ...threadOptions(64), workerData: argv[2] })
  thread.on('message', (tried) => stdout.write(JSON.stringify(tried)))
} else parentPort.postMessage(await tryAll(JSON.parse(workerData)))

async function tryAll({ file, port, process }) {
  const reached = await fetch(`http://127.0.0.1:${port}/`).then(
    (response) => response.text(),
    (error) => String(error.cause?.code ?? error),
  )
  const tries = {
    env: () => Object.keys(env).length,
    read: () => getBuiltinModule('fs').readFileSync(file, 'utf8'),
    list: () => getBuiltinModule('fs').readdirSync('/').length,
    write: () => getBuiltinModule('fs').writeFileSync(`${file}.new`, 'x'),
    thread: () => String(new Worker('1', { eval: true, execArgv: [] })),
    spawn: () => getBuiltinModule('child_process').execSync('id').toString(),
    addon: () => dlopen({ exports: {} }, '/usr/lib/x.node'),
    kill: () => kill(process, 0),
    // oxlint-disable-next-line typescript/no-implied-eval
    code: () => new Function('return 1')(),
  }
  const results = Object.entries(tries).map(([name, attempt]) => {
    try {
      return [name, attempt()]
    } catch (error) {
      return [name, error.code ?? error.name]
    }
  })
  return { ...Object.fromEntries(results), reached, isPidSmall: pid < 100 }
}
