import { type HostileCase, readCases } from '../hostile-case.ts'
import { CORPUS } from '../corpus/index.ts'
import { attack } from '../runner/attack.ts'
import { openCanaries } from '../runner/canaries.ts'
import { createVmControl } from './backend.ts'

/** The host that programs of the control take over: attacks one case for each id that it is sent. */
const [, , file = ''] = process.argv
const cases: readonly HostileCase[] = file === '' ? CORPUS : readCases(file)
const canaries = await openCanaries()

process.on('message', (id) => {
  const hostile = cases.find((item) => item.id === id)
  if (hostile === undefined) return
  void attack(hostile, createVmControl(), canaries).then((verdict) => process.send?.(verdict))
})
process.on('disconnect', () => process.exit())
process.send?.('ready')
