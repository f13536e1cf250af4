import { type BindingName, type Node, NodeFlags, type SourceFile, SyntaxKind } from 'typescript/unstable/ast'
import {
  isArrowFunction,
  isAsExpression,
  isBinaryExpression,
  isBindingElement,
  isCallExpression,
  isConditionalExpression,
  isElementAccessExpression,
  isExpressionStatement,
  isFunctionDeclaration,
  isFunctionExpression,
  isIdentifier,
  isIfStatement,
  isNonNullExpression,
  isObjectBindingPattern,
  isParameterDeclaration,
  isParenthesizedExpression,
  isPrefixUnaryExpression,
  isPropertyAccessExpression,
  isPropertyAssignment,
  isReturnStatement,
  isSatisfiesExpression,
  isVariableDeclaration,
  isWhileStatement,
} from 'typescript/unstable/ast/is'
import type { Finding } from '../compiler.ts'
import { cutText } from '../../../internal/text.ts'

const HOST_ROOTS = ['tools', 'intents', 'results', 'resources', 'prompts']
const COMBINATORS: ReadonlySet<string> = new Set(['all', 'allSettled', 'any', 'race'])
const HANDLERS: ReadonlySet<string> = new Set(['then', 'catch', 'finally'])
const OPERATORS: ReadonlySet<SyntaxKind> = new Set([
  SyntaxKind.PlusToken,
  SyntaxKind.MinusToken,
  SyntaxKind.AsteriskToken,
  SyntaxKind.SlashToken,
  SyntaxKind.LessThanToken,
  SyntaxKind.GreaterThanToken,
  SyntaxKind.EqualsEqualsEqualsToken,
  SyntaxKind.ExclamationEqualsEqualsToken,
])

/**
 * Promises of host calls that nothing waits for, which the compiler allows: calls that stand alone, and promises used
 * as if they were the value. Syntactic: it follows names, not types.
 */
export function findUnawaited(file: SourceFile, start: number, end: number): Finding[] {
  const names = collectNames(file)
  const findings: Finding[] = []
  const report = (node: Node, message: string): void => {
    const at = node.getStart(file)
    if (at >= start && at < end) findings.push({ at, code: 0, syntax: false, message })
  }
  const visit = (node: Node): void => {
    if (makesPromise(node, names) || isHeldPromise(node, names)) {
      const use = useOf(node)
      if (use !== undefined) report(node, `${shorten(node.getText(file))} ${use}: await it`)
    } else if (makesPromiseList(node, names) && isAnswered(node)) {
      report(node, `${shorten(node.getText(file))} is a list of promises: await Promise.all(…) of it`)
    }
    node.forEachChild(visit)
  }
  visit(file)
  return findings
}

interface Names {
  /** Names below which host functions are. */
  readonly roots: Set<string>
  /** Async functions of the program. */
  readonly asynchronous: Set<string>
  /** Variables that hold a promise. */
  readonly promises: Set<string>
}

function collectNames(file: SourceFile): Names {
  const names: Names = { roots: new Set(HOST_ROOTS), asynchronous: new Set(), promises: new Set() }
  const declared = new Set<string>()
  const ambiguous = new Set<string>()
  const visit = (node: Node): void => {
    if (isFunctionDeclaration(node) && node.name !== undefined && isAsync(node)) names.asynchronous.add(node.name.text)
    if (isVariableDeclaration(node) && node.initializer !== undefined) collectVariable(node.name, node.initializer)
    if (isIdentifier(node) && isDeclared(node)) (declared.has(node.text) ? ambiguous : declared).add(node.text)
    node.forEachChild(visit)
  }
  const collectVariable = (name: BindingName, value: Node): void => {
    const inner = unwrap(value)
    const isRooted = rootOf(inner, names) !== undefined
    if (isObjectBindingPattern(name) && isRooted) {
      for (const element of name.elements) {
        if (element.name !== undefined && isIdentifier(element.name)) names.roots.add(element.name.text)
      }
    }
    if (!isIdentifier(name)) return
    if (isRooted) names.roots.add(name.text)
    else if (isAsync(inner)) names.asynchronous.add(name.text)
    else if (makesPromise(inner, names) && isConstant(name)) names.promises.add(name.text)
  }
  visit(file)
  // A name with two declarations means different things in different places.
  for (const set of [names.asynchronous, names.promises]) for (const name of ambiguous) set.delete(name)
  return names
}

function isDeclared(name: Node): boolean {
  const { parent } = name
  const isBinding = isVariableDeclaration(parent) || isParameterDeclaration(parent) || isBindingElement(parent)
  return (isBinding || isFunctionDeclaration(parent)) && parent.name === name
}

function isConstant({ parent }: Node): boolean {
  return (parent.parent.flags & NodeFlags.Const) !== 0
}

/** `tools.a.b`, `tools['a'].b`: the name that it begins with. */
function rootOf(node: Node, { roots }: Names): string | undefined {
  let at = node
  while (isPropertyAccessExpression(at) || isElementAccessExpression(at)) at = at.expression
  return isIdentifier(at) && roots.has(at.text) ? at.text : undefined
}

/** A call that answers with a promise: of a host function, an async function, `Promise.all`, or a handler on one. */
function makesPromise(node: Node, names: Names): boolean {
  if (!isCallExpression(node)) return false
  const { expression } = node
  if (isIdentifier(expression)) return names.asynchronous.has(expression.text) || names.roots.has(expression.text)
  if (rootOf(expression, names) !== undefined) return true
  if (!isPropertyAccessExpression(expression)) return false
  const { name, expression: owner } = expression
  if (isIdentifier(owner) && owner.text === 'Promise') return COMBINATORS.has(name.text)
  return HANDLERS.has(name.text) && makesPromise(unwrap(owner), names)
}

/** A variable that holds a promise, where its value is read. */
function isHeldPromise(node: Node, { promises }: Names): boolean {
  if (!isIdentifier(node) || !promises.has(node.text)) return false
  const { parent } = node
  if (isVariableDeclaration(parent) || isPropertyAccessExpression(parent)) return parent.name !== node
  return !isPropertyAssignment(parent) || parent.initializer === node
}

/** `list.map(async …)`, and `list.map` whose function answers with a promise. */
function makesPromiseList(node: Node, names: Names): boolean {
  if (!isCallExpression(node) || !isPropertyAccessExpression(node.expression)) return false
  const [callback] = node.arguments
  if (node.expression.name.text !== 'map' || callback === undefined) return false
  return isAsync(callback) || (isArrowFunction(callback) && makesPromise(unwrap(callback.body), names))
}

/** How a promise is used that should have been waited for; undefined when all is well, or may be. */
function useOf(promise: Node): string | undefined {
  const node = outermost(promise)
  const { parent } = node
  if (isExpressionStatement(parent)) {
    return isIdentifier(promise) ? undefined : 'is not awaited, so the program may end before it'
  }
  if (isCondition(node)) return 'is a promise, which is always true'
  if (parent.kind === SyntaxKind.TemplateSpan) return 'is a promise in a text'
  if (parent.kind === SyntaxKind.SpreadAssignment) return 'is a promise, which has no fields to spread'
  if (isBinaryExpression(parent) && OPERATORS.has(parent.operatorToken.kind)) return 'is a promise in a calculation'
  if (isCallExpression(parent) && parent.expression !== node && printsValue(parent.expression)) return 'is a promise'
  if (isInLiteral(node) && isAnswered(node)) return 'is a promise, which is answered as {}'
  return undefined
}

function isCondition(node: Node): boolean {
  const { parent } = node
  if (isIfStatement(parent) || isWhileStatement(parent)) return parent.expression === node
  if (isConditionalExpression(parent)) return parent.condition === node
  return isPrefixUnaryExpression(parent)
}

function printsValue(callee: Node): boolean {
  if (!isPropertyAccessExpression(callee) || !isIdentifier(callee.expression)) return false
  const owner = callee.expression.text
  return owner === 'console' || (owner === 'JSON' && callee.name.text === 'stringify')
}

/** Part of an object or array that is written out. */
function isInLiteral({ parent }: Node): boolean {
  const { kind } = parent
  return (
    kind === SyntaxKind.PropertyAssignment ||
    kind === SyntaxKind.ShorthandPropertyAssignment ||
    kind === SyntaxKind.ArrayLiteralExpression
  )
}

/** The value that the program returns, or written out inside it. */
function isAnswered(node: Node): boolean {
  let at = outermost(node)
  while (isInLiteral(at) || at.parent.kind === SyntaxKind.ObjectLiteralExpression) at = outermost(at.parent)
  if (!isReturnStatement(at.parent)) return false
  let scope: Node = at.parent
  while (!isFunctionDeclaration(scope) && !isArrowFunction(scope) && !isFunctionExpression(scope)) scope = scope.parent
  return isFunctionDeclaration(scope) && scope.parent.kind === SyntaxKind.SourceFile
}

/** The same value with its parentheses and assertions around it. */
function outermost(node: Node): Node {
  let at = node
  while (isWrapper(at.parent)) at = at.parent
  return at
}

function unwrap(node: Node): Node {
  let at = node
  while (isParenthesizedExpression(at) || isAsExpression(at) || isSatisfiesExpression(at) || isNonNullExpression(at)) {
    at = at.expression
  }
  return at
}

function isWrapper(node: Node): boolean {
  return (
    isParenthesizedExpression(node) || isAsExpression(node) || isSatisfiesExpression(node) || isNonNullExpression(node)
  )
}

function isAsync(node: Node): boolean {
  if (!isFunctionDeclaration(node) && !isArrowFunction(node) && !isFunctionExpression(node)) return false
  return node.modifiers?.some(({ kind }) => kind === SyntaxKind.AsyncKeyword) === true
}

function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ')
  return line.length <= 60 ? line : `${cutText(line, 59)}…`
}
