// Runs Jenkinsfiles by stand-ins for Jenkins' steps and tells what they did.
//
// Reads a JSON list of scenarios on stdin and writes a JSON list of what became of each. A scenario names a file and in
// `call` its methods to call in order; a map among them is an approval to ask for. `params`, `env`, `starters`, `answers`
// (to `input`, in order), `fails` (labels of shell scripts that fail) and `reads` (path -> text) are the world of a run.
// With `workspace` the system carries the scripts out there.
import groovy.json.JsonOutput
import groovy.json.JsonSlurper
import org.codehaus.groovy.control.CompilerConfiguration

/** Jenkins' steps: each tells what it was asked for. */
abstract class Steps extends Script {
    List told = []
    Map scenario = [:]
    List<Map> environments = [[:]]
    List bound = []

    void begin(Map given) { scenario = given }

    def tell(String step, Map what = [:]) { told << ([step: step] + what) }

    Map variables() { environments.inject([:]) { all, each -> all + each } }

    /** Other readers look at the stages. */
    def pipeline(Closure stages) { }

    def withEnv(List given, Closure body) {
        // As in Jenkins: an empty value removes the variable.
        environments << given.collectEntries { def at = it.indexOf('='); [it.substring(0, at), it.substring(at + 1)] }
        try { body.call() } finally { environments.pop() }
    }

    def timeout(Map limit, Closure body) { tell('timeout', limit); body.call() }

    def withCredentials(List given, Closure body) {
        bound << given
        try { body.call() } finally { bound.pop() }
    }

    def string(Map given) { [string: given] }
    def file(Map given) { [file: given] }
    def usernamePassword(Map given) { [usernamePassword: given] }

    def sh(Map given) {
        tell('sh', given + [environment: variables(), credentials: bound.flatten()])
        def failed = scenario.workspace ? execute(given.script) : given.label in (scenario.fails ?: []) ? 1 : 0
        if (given.returnStatus) return failed
        if (failed) throw new Exception('script returned exit code ' + failed)
    }

    private int execute(String script) {
        def text = File.createTempFile('script', '.sh')
        text.text = script
        text.executable = true
        def builder = new ProcessBuilder(text.path).directory(new File(scenario.workspace as String)).redirectErrorStream(true)
        variables().each { name, value -> value ? builder.environment().put(name, value) : builder.environment().remove(name) }
        def process = builder.start()
        tell('printed', [text: process.inputStream.text])
        process.waitFor()
        text.delete()
        process.exitValue()
    }

    def error(String message) { tell('error', [message: message]); throw new Exception(message) }
    def echo(String message) { tell('echo', [message: message]) }

    def input(Map given) {
        tell('input', given)
        def answer = scenario.answers.remove(0)
        if (answer == 'no') throw new InterruptedException('Rejected')
        answer
    }

    def catchError(Map given, Closure body) {
        tell('catchError', given)
        try { body.call() } catch (InterruptedException abort) { throw abort } catch (Exception failure) { tell('caught', [message: failure.message]) }
    }

    def deleteDir() { tell('deleteDir') }
    def checkout(given) { tell('checkout'); scenario.repository ?: [GIT_COMMIT: 'c0ffee'] }
    def dir(String path, Closure body) { tell('dir', [path: path]); body.call() }
    def node(String label, Closure body) { tell('node', [label: label]); body.call() }
    def stash(Map given) { tell('stash', given) }
    def unstash(String name) { tell('unstash', [name: name]) }
    def archiveArtifacts(Map given) { tell('archiveArtifacts', given) }
    def junit(Map given) { tell('junit', given) }
    def milestone(Map given) { tell('milestone', given) }
    boolean fileExists(String path) { scenario.workspace ? here(path).exists() : true }
    String readFile(String path) { scenario.workspace ? here(path).text : scenario.reads[path] }
    private File here(String path) { new File(scenario.workspace as String, path) }
}

Map run(Map scenario) {
    def configuration = new CompilerConfiguration(scriptBaseClass: Steps.name)
    def world = [env: [:] + (scenario.env ?: [:]), params: scenario.params ?: [:], scm: 'scm', currentBuild: new Expando(duration: 0L, 
        getBuildCauses: { String kind -> (scenario.starters ?: []).collect { [userId: it] } })]
    def script = (Steps) new GroovyShell(this.class.classLoader, new Binding(world), configuration).parse(new File(scenario.file as String).text, 'WorkflowScript.groovy')
    script.begin(scenario)
    def outcomes = scenario.call.collect { call ->
        try {
            call instanceof Map ? script.askForApproval(call) : script."$call"()
            'done'
        } catch (Exception failure) {
            failure.message
        }
    }
    [told: script.told, outcomes: outcomes]
}

println JsonOutput.toJson(new JsonSlurper().parse(System.in).collect { run(it as Map) })
