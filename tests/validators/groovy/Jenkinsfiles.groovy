// Reads a JSON list of paths on stdin and writes, as JSON, what Groovy makes of each Jenkinsfile.
import groovy.json.JsonOutput
import groovy.json.JsonSlurper
import org.codehaus.groovy.control.CompilationUnit
import org.codehaus.groovy.control.CompilerConfiguration
import org.codehaus.groovy.control.MultipleCompilationErrorsException
import org.codehaus.groovy.control.Phases
import org.codehaus.groovy.control.customizers.ImportCustomizer
import org.codehaus.groovy.control.messages.SyntaxErrorMessage

// What Jenkins imports for every Jenkinsfile and is not here.
STUBS = '''
@interface NonCPS {}
@interface Library { String[] value(); boolean changelog() default true }
'''

List<Map> errors(MultipleCompilationErrorsException failure) {
    failure.errorCollector.errors.collect {
        it instanceof SyntaxErrorMessage ? [line: it.cause.line, message: it.cause.originalMessage] : [line: 0, message: it.cause.toString()]
    }
}

CompilationUnit unit(String text, boolean stubbed) {
    def made = new CompilationUnit(new CompilerConfiguration())
    if (stubbed) made.addSource('Stubs.groovy', STUBS)
    made.addSource('Jenkinsfile.groovy', text)
    made
}

Map read(File file) {
    def parsed = unit(file.text, false)
    try {
        parsed.compile(Phases.CONVERSION)
        unit(file.text, true).compile(Phases.CLASS_GENERATION)
    } catch (MultipleCompilationErrorsException failure) {
        return [errors: errors(failure)]
    }
    def module = parsed.AST.modules[0]
    def sizes = module.methods.collectEntries { [it.name, CpsSize.measure(it.code)] }
    [
        errors: [], body: Ast.body(module.statementBlock),
        methods: module.methods.collect { [name: it.name, body: Ast.body(it.code)] },
        bytes: sizes + [pipeline: CpsSize.measure(module.statementBlock)],
    ]
}

def files = new JsonSlurper().parse(System.in).collect { read(new File(it as String)) }
println JsonOutput.toJson([version: GroovySystem.version, files: files])
