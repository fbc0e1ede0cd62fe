import org.codehaus.groovy.ast.ASTNode
import org.codehaus.groovy.ast.expr.*
import org.codehaus.groovy.ast.stmt.*

/** Groovy's syntax tree as plain data: each node has a kind, a line, and what its kind needs. */
class Ast {
    private static final List<String> PARTS = [
        'statements', 'expression', 'booleanExpression', 'ifBlock', 'elseBlock', 'collectionExpression', 'loopBlock',
        'tryStatement', 'catchStatements', 'finallyStatement', 'caseStatements', 'defaultStatement', 'code',
        'objectExpression', 'property', 'leftExpression', 'rightExpression', 'trueExpression', 'falseExpression',
        'expressions', 'mapEntryExpressions', 'keyExpression', 'valueExpression', 'values', 'from', 'to', 'arguments',
    ]

    static List<ASTNode> children(ASTNode node) {
        PARTS.findAll { node.hasProperty(it) }.collect { node."$it" }.flatten().findAll { it instanceof ASTNode }
    }

    static List<Expression> arguments(MethodCallExpression call) {
        call.arguments instanceof TupleExpression ? call.arguments.expressions : [call.arguments]
    }

    static Map describe(ASTNode node) {
        def told = [kind: node.class.simpleName, line: node.lineNumber]
        switch (node) {
            case MethodCallExpression: return told + call(node)
            case GStringExpression: return told + [kind: 'GString', text: node.text, children: node.values.collect { describe(it) }]
            case ConstantExpression: return told + [kind: 'Constant', value: node.value]
            case DeclarationExpression: return told + [
                kind: 'Declaration', name: node.leftExpression.text, annotations: node.annotations*.classNode*.nameWithoutPackage,
                children: [describe(node.rightExpression)]]
            case VariableExpression: return told + [kind: 'Variable', name: node.name]
            case PropertyExpression: return told + [kind: 'Property', text: node.text, children: [describe(node.objectExpression)]]
            case ClosureExpression: return told + [kind: 'Closure', body: body(node.code)]
            case MapExpression: return told + [kind: 'Map', entries: node.mapEntryExpressions.collectEntries { [it.keyExpression.text, describe(it.valueExpression)] }]
            default: return told + [children: children(node).collect { describe(it) }]
        }
    }

    static List<Map> body(Statement code) {
        (code instanceof BlockStatement ? code.statements : [code]).collect {
            describe(it instanceof ExpressionStatement || it instanceof ReturnStatement ? it.expression : it)
        }
    }

    /** Named arguments apart, and a closure that closes the call apart from the arguments before it. */
    private static Map call(MethodCallExpression node) {
        def found = arguments(node)
        def named = found.findAll { it instanceof MapExpression }
        def closure = found && found.last() instanceof ClosureExpression ? found.last() : null
        [
            kind: 'Call', name: node.methodAsString ?: node.method.text,
            on: node.implicitThis ? null : describe(node.objectExpression),
            arguments: (found - named - closure).collect { describe(it) },
            named: named.collectEntries { map -> map.mapEntryExpressions.collectEntries { [it.keyExpression.text, describe(it.valueExpression)] } },
            body: closure ? body(closure.code) : null,
        ]
    }
}
