import type { CatalogTool } from '../catalog/catalog.ts'
import { OptimizerError } from '../errors.ts'
import { cleanData } from '../internal/server-data.ts'
import type { Scrub } from '../internal/scrub.ts'
import { SERVER_CHARS, serverText } from '../internal/text.ts'
import type { ToolResult } from '../upstream/upstream.ts'
import { toolErrorText } from './tool-value.ts'

/** The error for a failed result: the tool's own words, and beside them the data that came with them. */
export function toolFailure({ id }: CatalogTool, result: ToolResult, scrub: Scrub): OptimizerError {
  const data = cleanData(result.structuredContent, scrub)
  return new OptimizerError('TOOL_ERROR', `${id} failed: ${serverText(toolErrorText(result), SERVER_CHARS, scrub)}`, {
    details: { tool: id, ...(data === undefined ? {} : { data }) },
  })
}
