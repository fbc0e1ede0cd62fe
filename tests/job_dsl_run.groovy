// Carries Job DSL scripts out and tells what they declare.
//
// Reads a JSON list of scripts on stdin and writes, for each, the calls at its top level in order. A call has a name,
// its arguments, and in `inside` the calls of the closure that ends them. As in Job DSL, a closure asks its delegate first.
import groovy.json.JsonOutput
import groovy.json.JsonSlurper
import org.codehaus.groovy.control.CompilerConfiguration

/** Takes down every call, whatever its name; what is allowed where is for the reader to say. */
class Taken {
    List calls = []

    def methodMissing(String name, given) {
        List all = given as List
        Closure body = all && all.last() instanceof Closure ? (Closure) all.last() : null
        List arguments = body ? all[0..<all.size() - 1] : all
        calls << [name: name, arguments: arguments, inside: body ? inside(body) : []]
        null
    }

    private static List inside(Closure body) {
        Taken taken = new Taken()
        body.delegate = taken
        body.resolveStrategy = Closure.DELEGATE_FIRST
        body.call()
        taken.calls
    }
}

abstract class Seed extends Script {
    Taken taken = new Taken()

    def methodMissing(String name, given) { taken.methodMissing(name, given) }
}

List declared(String text) {
    def configuration = new CompilerConfiguration(scriptBaseClass: Seed.name)
    Seed seed = (Seed) new GroovyShell(Seed.classLoader, new Binding(), configuration).parse(text)
    seed.run()
    seed.taken.calls
}

println JsonOutput.toJson(new JsonSlurper().parse(System.in).collect { declared(it as String) })
