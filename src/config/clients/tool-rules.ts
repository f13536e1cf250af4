/** What rules such as `mcp__server`, `mcp__server__tool` and, in Gemini CLI, `mcp_server_tool` take away from a server. */
export function deniedTools(
  rules: readonly string[],
  server: string,
): { readonly off: boolean; readonly exclude?: readonly string[] } {
  const name = server.replace(/[^\w-]/g, '_')
  const ways = [
    { whole: `mcp__${name}`, tool: `mcp__${name}__` },
    { whole: `mcp_${name}`, tool: `mcp_${name}_` },
  ]
  const tools = ways.flatMap(({ tool }) =>
    rules.flatMap((rule) => (rule.startsWith(tool) ? [rule.slice(tool.length)] : [])),
  )
  const exclude = tools.filter((tool) => tool !== '*')
  const off = exclude.length < tools.length || ways.some(({ whole }) => rules.includes(whole))
  return { off, ...(exclude.length === 0 ? {} : { exclude }) }
}
