/** Date, versions, machine, commit and load of a result, in words; what an older result does not tell is said to be missing. */
export function stampOf({ date, node, cpu, cores, commit, load, loadAfter, version, versions }) {
  const own = version ?? versions?.['mcp-optimizer']
  return [
    date.slice(0, 10),
    `${own === undefined ? '' : `mcp-optimizer ${own}, `}${commit === undefined ? 'commit not recorded' : `commit ${commit}`}`,
    `Node ${node}`,
    `${cpu}, ${cores} cores`,
    load === undefined
      ? 'load not recorded'
      : `load ${load.toFixed(1)}${loadAfter === undefined ? '' : ` before and ${loadAfter.toFixed(1)} after`}`,
  ].join(', ')
}
