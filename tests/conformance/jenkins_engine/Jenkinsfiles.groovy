import org.codehaus.groovy.ast.ClassNode
import org.codehaus.groovy.ast.MethodNode
import org.codehaus.groovy.ast.tools.GeneralUtils
import org.codehaus.groovy.classgen.GeneratorContext
import org.codehaus.groovy.control.CompilePhase
import org.codehaus.groovy.control.CompilerConfiguration
import org.codehaus.groovy.control.SourceUnit
import org.codehaus.groovy.control.customizers.CompilationCustomizer

/** Files as scripts, each compiled once. Methods that are jobs, by their names, tell when they begin and end. */
class Jenkinsfiles extends CompilationCustomizer {
    private static final Map<String, Class> COMPILED = [:]
    // Jenkins imports it for every Jenkinsfile; here no library is loaded.
    private static final String LIBRARY = '@interface Library { String[] value() }\n'

    Jenkinsfiles() { super(CompilePhase.CONVERSION) }

    static Steps parsed(String text) {
        synchronized (COMPILED) {
            if (!COMPILED[text]) {
                def configuration = new CompilerConfiguration(scriptBaseClass: Steps.name)
                configuration.addCompilationCustomizers(new Jenkinsfiles())
                def loader = new GroovyClassLoader(Steps.classLoader, configuration)
                COMPILED[text] = loader.parseClass(LIBRARY + text, 'WorkflowScript' + COMPILED.size() + '.groovy')
            }
        }
        def script = (Steps) COMPILED[text].newInstance()
        script.binding = new Binding()
        script
    }

    void call(SourceUnit source, GeneratorContext context, ClassNode type) {
        type.methods.findAll { it.name ==~ /(job|close)[A-Z_]\w*/ && !it.parameters }.each { MethodNode method ->
            String work = method.name + '__work'
            type.addMethod(work, method.modifiers, method.returnType, method.parameters, method.exceptions, method.code)
            method.code = GeneralUtils.returnS(GeneralUtils.callThisX('ranAs',
                GeneralUtils.args(GeneralUtils.constX(method.name), GeneralUtils.constX(work))))
        }
    }
}
