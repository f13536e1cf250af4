import { type HostileCase } from '../hostile-case.ts'
import { ambientCapabilities } from './ambient-capabilities.ts'
import { callFloods } from './call-floods.ts'
import { constructorChains } from './constructor-chains.ts'
import { dataFlows } from './data-flows.ts'
import { endlessLoops } from './endless-loops.ts'
import { errorStacks } from './error-stacks.ts'
import { hostileResults } from './hostile-results.ts'
import { memoryBombs } from './memory-bombs.ts'
import { nativeLoops } from './native-loops.ts'
import { parameterInjection } from './parameter-injection.ts'
import { promiseHijacks } from './promise-hijacks.ts'
import { prototypePollution } from './prototype-pollution.ts'
import { proxiesAndSymbols } from './proxies-and-symbols.ts'
import { tampering } from './tampering.ts'
import { timers } from './timers.ts'
import { toolInjection } from './tool-injection.ts'
import { wrapperBreaks } from './wrapper-breaks.ts'

/** Our own hostile programs. */
export const CORPUS: readonly HostileCase[] = [
  ...constructorChains,
  ...errorStacks,
  ...proxiesAndSymbols,
  ...promiseHijacks,
  ...hostileResults,
  ...prototypePollution,
  ...endlessLoops,
  ...nativeLoops,
  ...memoryBombs,
  ...timers,
  ...callFloods,
  ...tampering,
  ...ambientCapabilities,
  ...wrapperBreaks,
  ...parameterInjection,
  ...toolInjection,
  ...dataFlows,
]
