// Runs Jenkinsfiles by stand-ins for Jenkins' steps and tells what they did.
//
// Reads a JSON list of scenarios on stdin and writes a JSON list of what became of each. A scenario names a file and in
// `call` its methods to call in order; a map among them is an approval to ask for. `params`, `env`, `starters`, `answers`
// (to `input`, in order), `fails` (labels of shell scripts that fail) and `reads` (path -> text) are the world of a run.
// With `workspace` the system carries the scripts out there. The method `pipeline` stands for the Declarative block, whose
// outcome is the result of the run. `hangs` are labels of scripts that meet their limit, `aborts` of those at which a
// person ends the run, `untrusted` paths that somebody changed whom Jenkins does not trust.
import groovy.json.JsonOutput
import groovy.json.JsonSlurper
import org.codehaus.groovy.control.CompilerConfiguration

/** Jenkins' steps: each tells what it was asked for. */
abstract class Steps extends Script {
    static Steps parsed(String text, Binding world, String name) {
        // Jenkins imports it for every Jenkinsfile; here no library is loaded.
        def library = '@interface Library { String[] value() }\n'
        def configuration = new CompilerConfiguration(scriptBaseClass: Steps.name)
        (Steps) new GroovyShell(Steps.classLoader, world, configuration).parse(library + text, name + '.groovy')
    }

    List told = []
    Map scenario = [:]
    List<Map> environments = [[:]]
    List bound = []
    List folders = []
    Closure declared

    void begin(Map given, List heard = []) { scenario = given; told = heard }

    def tell(String step, Map what = [:]) { told << ([step: step] + what) }

    Map variables() { environments.inject([:]) { all, each -> all + each } }

    def pipeline(Closure block) { declared = block }

    String carriedOut() {
        run()
        new Declarative(this).carryOut(declared)
        currentBuild.result ?: 'SUCCESS'
    }

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
        if (currentBuild.aborted) throw new InterruptedException('Aborted')
        tell('sh', given + [environment: variables(), credentials: bound.flatten()])
        if (given.label in scenario.hangs) {
            currentBuild.duration += 1000000000L
            throw new InterruptedException('Timeout has been exceeded')
        }
        if (given.label in scenario.aborts) {
            currentBuild.aborted = true
            throw new InterruptedException('Aborted')
        }
        def failed = scenario.workspace ? execute(given.script) : given.label in (scenario.fails ?: []) ? 1 : 0
        if (given.returnStatus) return failed
        if (failed) throw new Exception('script returned exit code ' + failed)
    }

    private int execute(String script) {
        def text = File.createTempFile('script', '.sh')
        text.text = script
        text.executable = true
        def builder = new ProcessBuilder(text.path).directory(here('.')).redirectErrorStream(true)
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
        try { body.call() } catch (InterruptedException abort) { if (given.catchInterruptions == false) throw abort } catch (Exception failure) { tell('caught', [message: failure.message]) }
    }

    def deleteDir() { tell('deleteDir') }
    def checkout(given) { tell('checkout'); scenario.repository ?: [GIT_COMMIT: 'c0ffee'] }
    def dir(String path, Closure body) {
        tell('dir', [path: path])
        folders << path
        try { body.call() } finally { folders.pop() }
    }
    def node(String label, Closure body) { tell('node', [label: label]); body.call(); tell('released', [label: label]) }
    def stage(String name, Closure body) { tell('stage', [name: name]); body.call() }

    /** One after the other, and every branch to its end; the first failure is that of all. */
    def parallel(Map branches) {
        List failures = []
        branches.each { name, body ->
            try { body.call() } catch (Exception failure) { failures << failure }
        }
        if (failures) throw failures.find { it instanceof InterruptedException } ?: failures[0]
    }

    def load(String path) {
        tell('load', [path: path])
        def loaded = parsed(here(path).text, binding, 'Loaded' + Math.abs(path.hashCode()))
        loaded.begin(scenario, told)
        loaded.run()
    }

    String readTrusted(String path) {
        if (path in scenario.untrusted) throw new Exception('\u2018' + path + '\u2019 has been modified in an untrusted revision')
        here(path).text
    }

    def writeFile(Map given) { here(given.file).setText(given.text, given.encoding) }
    def stash(Map given) { tell('stash', given) }
    def unstash(String name) { tell('unstash', [name: name]) }
    def archiveArtifacts(Map given) { tell('archiveArtifacts', given) }
    def junit(Map given) { tell('junit', given) }
    def milestone(Map given) { tell('milestone', given) }
    boolean fileExists(String path) { scenario.workspace ? here(path).exists() : true }
    String readFile(String path) { scenario.workspace ? here(path).text : scenario.reads[path] }
    private File here(String path) { new File(scenario.workspace as String, (folders + path).join('/')) }
}

/** Stages in order, as far as the verdict needs them: when, agent, options, steps, and post of the whole. */
class Declarative {
    Steps script
    Map after = [:]

    Declarative(Steps script) { this.script = script }

    void carryOut(Closure block) {
        inside(block, [agent: { }, options: { }, triggers: { }, parameters: { }, stages: this.&stages, post: { after = parts(it) }], [none: 'none'])
        if (script.currentBuild.result == 'FAILURE' && after.failure) after.failure.call()
    }

    private void stages(Closure block) { inside(block, [stage: this.&stage]) }

    private void stage(String name, Closure block) {
        Map found = parts(block)
        if (script.currentBuild.result || (found.when && !holds(found.when))) return
        script.tell('stage', [name: name])
        try {
            if (found.stages) stages(found.stages)
            if (found.agent) inside(found.agent, [label: { script.tell('agent', [label: it]) }])
            if (found.steps) found.steps.call()
            if (found.agent) script.tell('released')
        } catch (InterruptedException ended) {
            script.tell('ended', [message: ended.message])
            script.currentBuild.result = 'ABORTED'
        } catch (Exception failure) {
            script.tell('failed', [message: failure.message])
            script.currentBuild.result = 'FAILURE'
        }
    }

    private boolean holds(Closure block) {
        List found = []
        Map conditions = [beforeAgent: { }, beforeInput: { }, beforeOptions: { }]
        conditions.changeRequest = { Object[] given -> found << (script.env.CHANGE_ID != null) }
        conditions.branch = { Map given -> found << (script.env.BRANCH_NAME == given.pattern) }
        conditions.buildingTag = { found << false }
        conditions.triggeredBy = { String cause -> found << (cause == 'UserIdCause' && !!script.scenario.starters) }
        conditions.not = { Closure inner -> found << !holds(inner) }
        conditions.expression = { Closure inner -> found << (inner.call() as boolean) }
        inside(block, conditions)
        found.every()
    }

    /** The sections of a block by their names. */
    private Map parts(Closure block) {
        Map found = [:]
        def kept = { String name -> { Closure inner -> found[name] = inner } }
        inside(block, ['when', 'agent', 'options', 'stages', 'steps', 'post', 'failure'].collectEntries { [it, kept(it)] })
        found
    }

    private void inside(Closure block, Map words, Map values = [:]) {
        Closure copy = block.clone()
        copy.delegate = new Words(words, values)
        copy.resolveStrategy = Closure.DELEGATE_FIRST
        copy.call()
    }
}

/** What a block may say; everything else is the file's own. */
class Words extends GroovyObjectSupport {
    private final Map methods
    private final Map values

    Words(Map methods, Map values) { this.methods = methods; this.values = values }

    Object invokeMethod(String name, Object given) {
        if (!this.@methods.containsKey(name)) throw new MissingMethodException(name, Words, given as Object[])
        this.@methods[name].call(*(given as Object[]))
    }

    Object getProperty(String name) {
        if (!this.@values.containsKey(name)) throw new MissingPropertyException(name, Words)
        this.@values[name]
    }
}

Map run(Map scenario) {
    def world = [env: [:] + (scenario.env ?: [:]), params: scenario.params ?: [:], scm: 'scm', currentBuild: new Expando(duration: 0L, 
        getBuildCauses: { String kind -> (scenario.starters ?: []).collect { [userId: it] } })]
    def script = Steps.parsed(new File(scenario.file as String).text, new Binding(world), 'WorkflowScript')
    script.begin(scenario)
    def outcomes = scenario.call.collect { call ->
        try {
            if (call == 'pipeline') return script.carriedOut()
            call instanceof Map ? script.askForApproval(call) : script."$call"()
            'done'
        } catch (Exception failure) {
            failure.message
        }
    }
    [told: script.told, outcomes: outcomes]
}

println JsonOutput.toJson(new JsonSlurper().parse(System.in).collect { run(it as Map) })
