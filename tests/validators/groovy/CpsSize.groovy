import groovyjarjarasm.asm.ClassReader
import groovyjarjarasm.asm.ClassVisitor
import groovyjarjarasm.asm.MethodVisitor
import groovyjarjarasm.asm.Opcodes
import groovyjarjarasm.asm.commons.CodeSizeEvaluator
import org.codehaus.groovy.ast.*
import org.codehaus.groovy.ast.expr.*
import org.codehaus.groovy.ast.stmt.*
import org.codehaus.groovy.control.CompilationFailedException
import org.codehaus.groovy.control.CompilationUnit
import org.codehaus.groovy.control.Phases

import static org.codehaus.groovy.ast.tools.GeneralUtils.*

/**
 * How large the JVM method becomes that Jenkins makes of a method of a Jenkinsfile.
 *
 * Jenkins rewrites each method, with all closures in it, into one expression that builds a tree of calls to a builder
 * (workflow-cps: CpsTransformer), and the JVM refuses a method above 64 KB. The same expression is built here without the
 * builder, compiled by the same Groovy, and measured. A stage counts as the call of its 12-argument constructor
 * (pipeline-model-definition: RuntimeASTTransformer.transformStage) besides all that stands in it.
 */
class CpsSize {
    static final int LIMIT = 65535
    private static final ClassNode ANY = ClassHelper.OBJECT_TYPE

    /** Bytes, or more than LIMIT if the JVM would refuse it. */
    static int measure(Statement code) {
        def type = new ClassNode('Measured', Opcodes.ACC_PUBLIC, ANY)
        def body = block(declS(varX('b'), constX(null)), returnS(build(code)))
        type.addMethod('build', Opcodes.ACC_PUBLIC | Opcodes.ACC_STATIC, ANY, Parameter.EMPTY_ARRAY, ClassNode.EMPTY_ARRAY, body)
        def unit = new CompilationUnit()
        unit.addClassNode(type)
        try {
            unit.compile(Phases.CLASS_GENERATION)
        } catch (CompilationFailedException refused) {
            if (refused.message.contains('too large')) return LIMIT + 1
            throw refused
        }
        codeSize(unit.classes.find { it.name == 'Measured' }.bytes)
    }

    private static int codeSize(byte[] bytes) {
        CodeSizeEvaluator found = null
        new ClassReader(bytes).accept(new ClassVisitor(Opcodes.ASM4) {
            MethodVisitor visitMethod(int access, String name, String descriptor, String signature, String[] exceptions) {
                name == 'build' ? (found = new CodeSizeEvaluator(null)) : null
            }
        }, 0)
        found.maxSize
    }

    private static Expression b(String name, List<Expression> arguments) {
        callX(varX('b'), name, args(arguments))
    }

    private static Expression line(ASTNode node) { constX(node.lineNumber, true) }

    private static List<Expression> all(Collection nodes) { nodes.collect { build(it) } }

    static Expression build(ASTNode node) {
        switch (node) {
            case null: return b('noop', [])
            case ExpressionStatement: return build(node.expression)
            case BlockStatement: return b('block', all(node.statements))
            case ReturnStatement: return b('return_', [build(node.expression)])
            case IfStatement: return b('if_', all([node.booleanExpression, node.ifBlock, node.elseBlock]))
            case NotExpression: return b('not', [line(node), build(node.expression)])
            case BooleanExpression: return build(node.expression)
            case MethodCallExpression: return call(node)
            case ClosureExpression: return b('closure', [line(node), new ListExpression([classX(ANY)]), new ListExpression([constX('it')]), build(node.code)])
            case GStringExpression: return b('gString', [line(node), b('list', all(node.values)), b('list', all(node.strings))])
            case ConstantExpression: return b('constant', [constX(node.value)])
            case VariableExpression: return b('property', [line(node), b('javaThis_', []), constX(node.name), constX(false, true)])
            case PropertyExpression: return b('property', [line(node), build(node.objectExpression), build(node.property), constX(false, true)])
            case DeclarationExpression: return b('declareVariable', [line(node), classX(ANY), constX(''), build(node.rightExpression)])
            case BinaryExpression: return b('binary', [line(node), build(node.leftExpression), build(node.rightExpression)])
            case MapExpression: return b('map', node.mapEntryExpressions.collectMany { all([it.keyExpression, it.valueExpression]) })
            case ListExpression: return b('list', all(node.expressions))
            case TupleExpression: return b('tuple', all(node.expressions))
            case CatchStatement: return b('catch_', [classX(ANY), constX(node.variable.name), build(node.code)])
            default: return b('other', [line(node)] + all(Ast.children(node)))
        }
    }

    private static Expression call(MethodCallExpression node) {
        def on = node.implicitThis ? b('javaThis_', []) : build(node.objectExpression)
        def call = b('functionCall', [line(node), on, build(node.method), constX(false, true)] + all(Ast.arguments(node)))
        node.methodAsString == 'stage' ? b('new_', [line(node), classX(ANY), call] + (1..12).collect { b('constant', [constX(null)]) }) : call
    }
}
